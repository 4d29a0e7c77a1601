/* Goes on with a stream that was cancelled. */
#define IGNORES_CANCEL
#include "broken.h"
