#include "base/error.h"

#include <cerrno>
#include <cstring>
#include <system_error>

namespace slipway {

std::string_view to_string(ErrorCode code) {
    switch (code) {
        case ErrorCode::kUsage:
            return "usage";
        case ErrorCode::kInvalidInput:
            return "invalid_input";
        case ErrorCode::kNotFound:
            return "not_found";
        case ErrorCode::kConflict:
            return "conflict";
        case ErrorCode::kDenied:
            return "denied";
        case ErrorCode::kUnavailable:
            return "unavailable";
        case ErrorCode::kUnsupported:
            return "unsupported";
        case ErrorCode::kCancelled:
            return "cancelled";
        case ErrorCode::kStepFailed:
            return "step_failed";
        case ErrorCode::kCorrupt:
            return "corrupt";
        case ErrorCode::kResource:
            return "resource";
        case ErrorCode::kInternal:
            return "internal";
    }
    return "internal";
}

namespace {

ErrorCode code_of_errno(int number) {
    switch (number) {
        case ENOENT:
        case ENOTDIR:
            return ErrorCode::kNotFound;
        case EEXIST:
        case EBUSY:
        case ENOTEMPTY:
        case ETXTBSY:
            return ErrorCode::kConflict;
        case EACCES:
        case EPERM:
        case EROFS:
            return ErrorCode::kDenied;
        case ENOSPC:
        case EDQUOT:
        case ENOMEM:
        case EMFILE:
        case ENFILE:
        case ENOSYS:
        case EOPNOTSUPP:
            return ErrorCode::kResource;
        case ECANCELED:
            return ErrorCode::kCancelled;
        case ELOOP:
        case EXDEV:
        case ENAMETOOLONG:
        case EINVAL:
        case EISDIR:
            return ErrorCode::kInvalidInput;
        case EIO:
            return ErrorCode::kCorrupt;
        default:
            return ErrorCode::kUnavailable;
    }
}

}  // namespace

Error Error::from_errno(int saved_errno, std::string message) {
    Error error(code_of_errno(saved_errno),
                fmt::format("{}: {}", message, std::generic_category().message(saved_errno)));
    error.errno_ = saved_errno;
    return error;
}

Error&& Error::context(std::string frame) && {
    frames_.insert(frames_.begin(), std::move(frame));
    return std::move(*this);
}

Error&& Error::at(SourceRange where) && {
    if (!where_) where_ = std::move(where);
    return std::move(*this);
}

Error&& Error::hint(std::string hint) && {
    if (!hint_) hint_ = std::move(hint);
    return std::move(*this);
}

Error&& Error::with_code(ErrorCode code) && {
    code_ = code;
    return std::move(*this);
}

Error&& Error::exit_status(int status) && {
    if (!exit_status_) exit_status_ = status;
    return std::move(*this);
}

std::string Error::to_string() const {
    std::string text;
    for (const auto& frame : frames_) text += frame + ": ";
    return text + message_;
}

}  // namespace slipway
