/* Never ends a stream that was half-closed. */
#define NEVER_CLOSES
#include "broken.h"
