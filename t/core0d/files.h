/* What the two halves of filesystem.* share: files.c and paths.c. */

#ifndef FILES_H
#define FILES_H

#include "core0d.h"

int open_in(const container_t *ct, const char *path, int flags, mode_t mode);
int remove_at(int dir, const char *name);
char *base64_encode(const char *data, size_t len);
char *base64_decode(const char *s, size_t len, size_t *out, size_t *bad);

#endif
