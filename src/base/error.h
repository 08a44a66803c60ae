// The one kind of error in Slipway: a code that callers branch on, a message for people, and what
// is needed to show where it happened and what to do.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway {

/// Chosen by what a caller does about it, not by who failed.
enum class ErrorCode {
    kUsage,         ///< the command line is wrong
    kInvalidInput,  ///< a Dockerfile, context, archive, image or other input is wrong
    kNotFound,      ///< what was named does not exist
    kConflict,      ///< exists already, or is in use
    kDenied,        ///< credentials or permissions
    kUnavailable,   ///< the outside world failed; trying again may help
    kUnsupported,   ///< valid, but this version does not do it
    kCancelled,     ///< somebody asked to stop
    kStepFailed,    ///< a step's own process ended with an error
    kCorrupt,       ///< stored or received data does not match its digest or format
    kResource,      ///< this machine cannot: disk full, no overlay, no namespaces
    kInternal,      ///< a bug in Slipway
};

std::string_view to_string(ErrorCode code);

/// Lines of a file that an error is about; lines count from 1, `last_line` is included.
struct SourceRange {
    std::string file;  ///< as the user knows it: "Dockerfile", "docker/runtime.dockerfile"
    int first_line = 0;
    int last_line = 0;

    bool operator==(const SourceRange&) const = default;
};

/// Messages follow docs/CONTRIBUTING: lower case, no full stop, names quoted; the cause stands
/// once.
class Error {
  public:
    Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

    /// An error from a system call; `saved_errno` is read by the caller in the first statement
    /// after it. The code follows from errno (ENOENT: not found, ENOSPC: resource, ...).
    static Error from_errno(int saved_errno, std::string message);

    [[nodiscard]] ErrorCode code() const { return code_; }
    [[nodiscard]] const std::string& message() const { return message_; }
    /// "what was going on: ...", outermost first.
    [[nodiscard]] const std::vector<std::string>& frames() const { return frames_; }
    [[nodiscard]] std::optional<int> system_errno() const { return errno_; }
    [[nodiscard]] const std::optional<SourceRange>& where() const { return where_; }
    [[nodiscard]] const std::optional<std::string>& hint() const { return hint_; }
    /// Exit status of the step's process, for kStepFailed.
    [[nodiscard]] std::optional<int> exit_status() const { return exit_status_; }

    /// Adds one frame on the way up.
    Error&& context(std::string frame) &&;
    /// Each keeps what is there already: the innermost place and hint know best.
    Error&& at(SourceRange where) &&;
    Error&& hint(std::string hint) &&;
    Error&& exit_status(int status) &&;
    /// For a caller who knows better what kind of error it is.
    Error&& with_code(ErrorCode code) &&;

    /// "frame: frame: message", one line; without place and hint.
    [[nodiscard]] std::string to_string() const;

  private:
    ErrorCode code_;
    std::string message_;
    std::vector<std::string> frames_;
    std::optional<int> errno_;
    std::optional<SourceRange> where_;
    std::optional<std::string> hint_;
    std::optional<int> exit_status_;
};

/// Error with a formatted message: make_error(ErrorCode::kNotFound, "no stage is called '{}'",
/// name)
template <typename... Args>
Error make_error(ErrorCode code, fmt::format_string<Args...> format, Args&&... args) {
    return Error(code, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace slipway
