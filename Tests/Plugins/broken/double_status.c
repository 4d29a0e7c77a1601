/* Closes each stream twice. */
#define DOUBLE_STATUS
#include "broken.h"
