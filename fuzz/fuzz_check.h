// A property that does not hold ends the program by a signal, so that the fuzzer keeps the input.
#pragma once

#include <cstdio>
#include <cstdlib>

#define FUZZ_CHECK(condition, why)                                                        \
    do {                                                                                  \
        if (!(condition)) {                                                               \
            std::fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, why, #condition); \
            std::abort();                                                                 \
        }                                                                                 \
    } while (false)
