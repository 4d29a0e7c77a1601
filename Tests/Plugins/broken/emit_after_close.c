/* Emits on a stream that it has closed. */
#define EMIT_AFTER_CLOSE
#include "broken.h"
