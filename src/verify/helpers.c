/* helpers: one table; see helpers.h. A helper that is not listed takes no memory that it could
 * write beyond what SIZE_ANY says. */
#include "verify/helpers.h"

#include <stddef.h>
#include <string.h>

/* One character an argument: k key, v value, V value that is written, m memory with its size next,
 * w the same written, . no memory, ? anything; digits 2, 4, 8: written memory of that many bytes.
 */
struct helper {
	uint8_t number;
	uint8_t result;
	const char *args;
};

static const struct helper helpers[] = {
    {1, RESULT_ITEM, ".k..."},     {2, RESULT_NUMBER, ".kv.."},    {3, RESULT_NUMBER, ".k..."},
    {4, RESULT_NUMBER, "w...."},   {5, RESULT_NUMBER, "....."},    {6, RESULT_NUMBER, "m...."},
    {7, RESULT_NUMBER, "....."},   {8, RESULT_NUMBER, "....."},    {9, RESULT_NUMBER, "..m.."},
    {10, RESULT_NUMBER, "....."},  {11, RESULT_NUMBER, "....."},   {12, RESULT_NUMBER, "....."},
    {13, RESULT_NUMBER, "....."},  {14, RESULT_NUMBER, "....."},   {15, RESULT_NUMBER, "....."},
    {16, RESULT_NUMBER, "w...."},  {17, RESULT_NUMBER, "....."},   {18, RESULT_NUMBER, "....."},
    {19, RESULT_NUMBER, "....."},  {20, RESULT_NUMBER, ".w..."},   {21, RESULT_NUMBER, ".m..."},
    {22, RESULT_NUMBER, "....."},  {23, RESULT_NUMBER, "....."},   {24, RESULT_NUMBER, "....."},
    {25, RESULT_NUMBER, "...m."},  {26, RESULT_NUMBER, "..w.."},   {27, RESULT_NUMBER, "....."},
    {28, RESULT_NUMBER, "m.m.."},  {29, RESULT_NUMBER, ".w..."},   {30, RESULT_NUMBER, ".m..."},
    {31, RESULT_NUMBER, "....."},  {32, RESULT_NUMBER, "....."},   {33, RESULT_NUMBER, "....."},
    {34, RESULT_NUMBER, "....."},  {35, RESULT_NUMBER, "....."},   {36, RESULT_NUMBER, ".m..."},
    {37, RESULT_NUMBER, "....."},  {38, RESULT_NUMBER, "....."},   {39, RESULT_NUMBER, "....."},
    {40, RESULT_NUMBER, "....."},  {41, RESULT_NUMBER, "....."},   {42, RESULT_NUMBER, "....."},
    {43, RESULT_NUMBER, "....."},  {44, RESULT_NUMBER, "....."},   {45, RESULT_ERRNO, "w...."},
    {46, RESULT_NUMBER, "....."},  {47, RESULT_NUMBER, "....."},   {48, RESULT_NUMBER, "....."},
    {49, RESULT_NUMBER, "...m."},  {50, RESULT_NUMBER, "....."},   {51, RESULT_NUMBER, "....."},
    {52, RESULT_NUMBER, "....."},  {55, RESULT_NUMBER, "..w.."},   {56, RESULT_NUMBER, ".w..."},
    {57, RESULT_NUMBER, "...w."},  {58, RESULT_NUMBER, "....."},   {67, RESULT_ERRNO, ".w..."},
    {68, RESULT_NUMBER, "..w.."},  {69, RESULT_NUMBER, ".w..."},   {80, RESULT_NUMBER, "....."},
    {81, RESULT_ITEM, "....."},    {87, RESULT_NUMBER, ".v..."},   {88, RESULT_NUMBER, ".V..."},
    {89, RESULT_NUMBER, ".V..."},  {105, RESULT_NUMBER, "m..8."},  {106, RESULT_NUMBER, "m..8."},
    {107, RESULT_ITEM, "..v.."},   {108, RESULT_NUMBER, "....."},  {109, RESULT_NUMBER, "....."},
    {111, RESULT_NUMBER, "...m."}, {112, RESULT_NUMBER, "w...."},  {113, RESULT_NUMBER, "w...."},
    {114, RESULT_ERRNO, "w...."},  {115, RESULT_ERRNO, "w...."},   {116, RESULT_NUMBER, "....."},
    {117, RESULT_NUMBER, "....."}, {118, RESULT_NUMBER, "....."},  {119, RESULT_NUMBER, ".w..."},
    {120, RESULT_NUMBER, "..w.."}, {121, RESULT_NUMBER, "...m."},  {122, RESULT_NUMBER, "....."},
    {123, RESULT_NUMBER, "....."}, {125, RESULT_NUMBER, "....."},  {126, RESULT_NUMBER, ".m.m."},
    {127, RESULT_NUMBER, ".m..."}, {128, RESULT_NUMBER, "....."},  {129, RESULT_NUMBER, "....."},
    {130, RESULT_NUMBER, ".m..."}, {131, RESULT_MEMORY, "....."},  {132, RESULT_NUMBER, "....."},
    {133, RESULT_NUMBER, "....."}, {134, RESULT_NUMBER, "....."},  {141, RESULT_ERRNO, ".w..."},
    {145, RESULT_ITEM, "..v.."},   {146, RESULT_NUMBER, "....."},  {147, RESULT_NUMBER, ".w..."},
    {148, RESULT_NUMBER, "w...."}, {149, RESULT_NUMBER, "w.m.."},  {150, RESULT_NUMBER, ".m..."},
    {156, RESULT_ITEM, "..v.."},   {157, RESULT_NUMBER, "....."},  {158, RESULT_POINTER, "....."},
    {160, RESULT_NUMBER, "....."}, {161, RESULT_NUMBER, ".w..."},  {164, RESULT_NUMBER, "....."},
    {165, RESULT_NUMBER, "w..m."}, {170, RESULT_NUMBER, "....."},  {173, RESULT_NUMBER, "....."},
    {174, RESULT_NUMBER, "....."}, {175, RESULT_POINTER, "....."}, {176, RESULT_NUMBER, "w...."},
    {177, RESULT_NUMBER, "m.m.."}, {179, RESULT_NUMBER, "m..8."},  {180, RESULT_NUMBER, "....."},
    {181, RESULT_NUMBER, "....."}, {182, RESULT_NUMBER, "m...."},  {183, RESULT_NUMBER, "..8.."},
    {184, RESULT_NUMBER, ".8..."}, {185, RESULT_NUMBER, "....."},  {186, RESULT_NUMBER, "....."},
    {189, RESULT_NUMBER, "..w.."}, {190, RESULT_NUMBER, "..m.."},  {191, RESULT_NUMBER, "w...."},
    {193, RESULT_NUMBER, ".w..."}, {195, RESULT_ITEM, ".k..."},    {210, RESULT_ITEM, "..v.."},
    {211, RESULT_NUMBER, "....."},
};

static const struct helper *find(uint32_t number)
{
	for (size_t i = 0; i < sizeof(helpers) / sizeof(*helpers); i++)
		if (helpers[i].number == number)
			return &helpers[i];
	return NULL;
}

struct helper_arg helper_arg(uint32_t helper, unsigned n)
{
	const struct helper *h = find(helper);

	switch (h ? h->args[n - 1] : '?') {
	case 'k': return (struct helper_arg){SIZE_KEY, 0, false};
	case 'v': return (struct helper_arg){SIZE_VALUE, 0, false};
	case 'V': return (struct helper_arg){SIZE_VALUE, 0, true};
	case 'm': return (struct helper_arg){SIZE_NEXT, 0, false};
	case 'w': return (struct helper_arg){SIZE_NEXT, 0, true};
	case '8': return (struct helper_arg){SIZE_FIXED, 8, true};
	case '.': return (struct helper_arg){SIZE_NONE, 0, false};
	default: return (struct helper_arg){SIZE_ANY, 0, true};
	}
}

enum helper_result helper_result(uint32_t helper)
{
	const struct helper *h = find(helper);

	return h ? (enum helper_result)h->result : RESULT_POINTER;
}

/* Number, callback, context, and the callback's argument that is the context. */
static const uint8_t callbacks[][4] = {
    {164, 2, 3, 4}, {HELPER_TIMER_CALLBACK, 2, 0, 0}, {180, 3, 4, 3}, {HELPER_LOOP, 2, 3, 2},
    {209, 2, 3, 2},
};

unsigned helper_callback(uint32_t helper)
{
	for (size_t i = 0; i < sizeof(callbacks) / sizeof(*callbacks); i++)
		if (callbacks[i][0] == helper)
			return callbacks[i][1];
	return 0;
}

unsigned helper_context(uint32_t helper, unsigned *callback_argument)
{
	for (size_t i = 0; i < sizeof(callbacks) / sizeof(*callbacks); i++) {
		if (callbacks[i][0] != helper)
			continue;
		*callback_argument = callbacks[i][3];
		return callbacks[i][2];
	}
	return 0;
}
