/* Emits on and on, whatever the host answers. */
#define OVERRUNS_CREDIT
#include "broken.h"
