#include "cli/command.h"

#include "os/signals.h"
#include "os/supervisor.h"
#include "ui/renderer.h"

#include <csignal>
#include <cstdio>

namespace slipway::cli {

namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr int kBadInput = 3;
constexpr int kOutsideWorld = 4;
constexpr int kMachine = 5;
constexpr int kBug = 70;

}  // namespace

int exit_code_of(const Error& error) {
    switch (error.code()) {
        case ErrorCode::kStepFailed:
            return kFailed;
        case ErrorCode::kUsage:
            return kUsage;
        case ErrorCode::kInvalidInput:
        case ErrorCode::kNotFound:
        case ErrorCode::kConflict:
        case ErrorCode::kUnsupported:
            return kBadInput;
        case ErrorCode::kDenied:
        case ErrorCode::kUnavailable:
        case ErrorCode::kCorrupt:
            return kOutsideWorld;
        case ErrorCode::kResource:
            return kMachine;
        case ErrorCode::kCancelled:
            return 128 + SIGINT;
        case ErrorCode::kInternal:
            return kBug;
    }
    return kBug;
}

int report(const Error& error, std::string_view file_text) {
    const std::string text = ui::render_error(error, file_text);
    std::fwrite(text.data(), 1, text.size(), stderr);
    return exit_code_of(error);
}

int with_workspace(const Globals& globals, os::LockMode mode,
                   const std::function<Result<void>(engine::Workspace&)>& body) {
    auto workspace = engine::Workspace::open(globals.root, mode);
    if (!workspace) return report(workspace.error());
    const auto result = body(**workspace);
    return result ? 0 : report(result.error());
}

int with_engine(const Globals& globals,
                const std::function<int(engine::Workspace&, std::stop_token)>& body) {
    const auto code = os::run_supervised([&] {
        const os::SignalStop signals;
        auto workspace =
            engine::Workspace::open(globals.root, os::LockMode::kShared, signals.token());
        if (!workspace) return report(workspace.error());
        const int result = body(**workspace, signals.token());
        // An error here costs what was built only if the power fails, too.
        if (result == 0) static_cast<void>((*workspace)->store().mark_synced());
        const auto signal = signals.received();
        return signal && result != 0 ? 128 + *signal : result;
    });
    return code ? *code : report(code.error());
}

void print(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fputc('\n', stdout);
}

}  // namespace slipway::cli
