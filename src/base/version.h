/*
 * version: the release, as `btfl --version` and `btfl.version` say it.
 */
#ifndef BTFL_VERSION_H
#define BTFL_VERSION_H

#define BTFL_VERSION "0.1.0"

#endif
