// Result<T>: a value or an Error. Shaped like std::expected, so that it can become it.
#pragma once

#include "base/error.h"

#include <tl/expected.hpp>

#include <utility>

namespace slipway {

template <typename T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
  public:
    using Base = tl::expected<T, Error>;
    using Base::Base;
    // NOLINTNEXTLINE(google-explicit-constructor): an Error is a failed Result
    Result(Error error) : Base(tl::unexpected<Error>(std::move(error))) {}

    /// Adds one frame to the error, if it is one: load(x).context("layer {}", digest)
    template <typename... Args>
    Result context(fmt::format_string<Args...> format, Args&&... args) && {
        if (!this->has_value()) {
            return Result(
                std::move(this->error()).context(fmt::format(format, std::forward<Args>(args)...)));
        }
        return std::move(*this);
    }
};

template <>
class [[nodiscard]] Result<void> : public tl::expected<void, Error> {
  public:
    using Base = tl::expected<void, Error>;
    using Base::Base;
    // NOLINTNEXTLINE(google-explicit-constructor): an Error is a failed Result
    Result(Error error) : Base(tl::unexpected<Error>(std::move(error))) {}

    template <typename... Args>
    Result context(fmt::format_string<Args...> format, Args&&... args) && {
        if (!this->has_value()) {
            return {
                std::move(this->error()).context(fmt::format(format, std::forward<Args>(args)...))};
        }
        return {};
    }
};

}  // namespace slipway

#define SLIPWAY_CONCAT_INNER(a, b) a##b
#define SLIPWAY_CONCAT(a, b) SLIPWAY_CONCAT_INNER(a, b)

/// Returns the error of `expr` upwards; its value is dropped.
#define SLIPWAY_TRY(expr)                                              \
    do {                                                               \
        auto slipway_result = (expr);                                  \
        if (!slipway_result) return std::move(slipway_result).error(); \
    } while (false)

/// SLIPWAY_ASSIGN(auto x, f()) or SLIPWAY_ASSIGN(x, f()): the value, or returns the error upwards.
#define SLIPWAY_ASSIGN(target, expr) \
    SLIPWAY_ASSIGN_INNER(SLIPWAY_CONCAT(slipway_result_, __LINE__), target, expr)
#define SLIPWAY_ASSIGN_INNER(name, target, expr) \
    auto name = (expr);                          \
    if (!name) return std::move(name).error();   \
    target = std::move(*name)
