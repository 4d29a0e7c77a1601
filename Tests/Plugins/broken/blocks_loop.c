/* Sleeps on the loop. */
#define BLOCKS_LOOP
#include "broken.h"
