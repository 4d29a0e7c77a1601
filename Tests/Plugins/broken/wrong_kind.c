/* Says another kind of output than it gives. */
#define WRONG_KIND
#include "broken.h"
