/* Its self-test ends the process. */
#define CRASHES_IN_SELF_TEST
#include "broken.h"
