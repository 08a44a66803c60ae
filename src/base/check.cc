#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace slipway {

void check_failed(const char* condition, const char* why, const char* file, int line) {
    std::fprintf(stderr, "slipway: a bug in slipway: %s (%s) at %s:%d\n", why, condition, file,
                 line);
    std::_Exit(70);
}

}  // namespace slipway
