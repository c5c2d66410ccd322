/* loading: see loading.h. */
#include "verify/loading.h"

#include <string.h>

#include "core/kernel_version.h"
#include "format/asked.h"

void loading_init(struct loading *l)
{
	const struct program *p = &l->resolution->object->programs[l->entry];

	l->release = target_known_as(l->target);
	l->age = age_of(l->target, l->release);
	l->attach = attach_point_of(p->section);
	if (!l->attach.def)
		return;
	l->prog_type = l->attach.def->prog_type;
	l->attach_type = l->attach.def->attach_type;
	l->sleepable = l->attach.def->sleepable;
}

void loading_attach(struct loading *l, const char *name)
{
	const char *colon = strchr(name, ':');

	l->retargeted = true;
	l->attach.pattern = false;
	l->attach.offset = 0;
	l->attach.module = colon ? name : NULL;
	l->attach.module_len = colon ? (size_t)(colon - name) : 0;
	l->attach.name = colon ? colon + 1 : name;
	l->attach.name_len = strlen(l->attach.name);
}

void loading_find(struct loading *l)
{
	memset(&l->found, 0, sizeof(l->found));
	l->found.found = l->found.addressed = KNOWN_NOT;
	if (l->attach.def && attach_by_btf(l->attach.form) && l->attach.name_len)
		features_attach(l->target, &l->attach, &l->found);
}

const char *loading_function(const struct loading *l)
{
	return l->found.id ? btf_type(l->found.btf, l->found.id).name : NULL;
}

struct map_def loading_map(const struct loading *l, uint32_t map)
{
	struct map_def def = l->externs->references->maps[map];

	for (size_t i = 0; i < l->setting_count; i++) {
		const struct map_setting *s = &l->settings[i];

		if (strcmp(s->map, def.name) != 0)
			continue;
		if (s->type)
			def.type = s->type;
		if (s->key_size)
			def.key_size = s->key_size;
		if (s->value_size)
			def.value_size = s->value_size;
		if (s->max_entries)
			def.max_entries = s->max_entries;
	}
	return def;
}

bool loading_sets_inner(const struct loading *l, const char *map)
{
	for (size_t i = 0; i < l->setting_count; i++)
		if (l->settings[i].inner && strcmp(l->settings[i].map, map) == 0)
			return true;
	return false;
}

bool loading_abilities(const struct loading *l, struct abilities *out)
{
	asked_for(ASKED_ABLE, 0, NULL, 0);
	return releases_abilities(l->release, out);
}
