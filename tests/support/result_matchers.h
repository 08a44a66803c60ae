// Matchers for Result<T> that print the error: IsOk(), IsOkAndHolds(m), FailsWith(code,
// HasSubstr("...")).
#pragma once

#include "base/result.h"

#include <gmock/gmock.h>

#include <ostream>
#include <string>

namespace slipway {

inline void PrintTo(const Error& error, std::ostream* out) {
    *out << to_string(error.code()) << ": " << error.to_string();
}

template <typename T>
void PrintTo(const Result<T>& result, std::ostream* out) {
    if (result.has_value()) {
        *out << "a value";
    } else {
        PrintTo(result.error(), out);
    }
}

}  // namespace slipway

namespace slipway::testing {

MATCHER(IsOk, negation ? "fails" : "succeeds") {
    if (arg.has_value()) return true;
    *result_listener << arg.error().to_string();
    return false;
}

MATCHER_P(
    IsOkAndHolds, matcher,
    "succeeds with a value that " +
        ::testing::DescribeMatcher<const typename std::decay_t<arg_type>::value_type&>(matcher)) {
    if (!arg.has_value()) {
        *result_listener << arg.error().to_string();
        return false;
    }
    return ::testing::ExplainMatchResult(matcher, *arg, result_listener);
}

MATCHER_P2(FailsWith, code, message,
           "fails with " + std::string(to_string(code)) + " and a message that " +
               ::testing::DescribeMatcher<std::string>(message)) {
    if (arg.has_value()) {
        *result_listener << "which succeeded";
        return false;
    }
    *result_listener << "which is " << to_string(arg.error().code()) << ": "
                     << arg.error().to_string();
    return arg.error().code() == code &&
           ::testing::ExplainMatchResult(message, arg.error().to_string(), result_listener);
}

}  // namespace slipway::testing

/// SLIPWAY_ASSERT_OK_AND_ASSIGN(auto x, f()): the value, or ends the test with the error.
#define SLIPWAY_ASSERT_OK_AND_ASSIGN(target, expr) \
    SLIPWAY_ASSERT_OK_INNER(SLIPWAY_CONCAT(slipway_test_result_, __LINE__), target, expr)
#define SLIPWAY_ASSERT_OK_INNER(name, target, expr)            \
    auto name = (expr);                                        \
    ASSERT_TRUE(name.has_value()) << name.error().to_string(); \
    target = std::move(*name)
