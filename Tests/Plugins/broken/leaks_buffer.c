/* Keeps a reference to every payload. */
#define LEAKS_BUFFER
#include "broken.h"
