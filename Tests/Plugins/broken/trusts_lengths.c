/* Believes that every payload has some bytes. */
#define TRUSTS_LENGTHS
#include "broken.h"
