/* Loses a kilobyte with every stream. */
#define LEAKS
#include "broken.h"
