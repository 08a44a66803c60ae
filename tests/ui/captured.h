// A renderer that draws into a pipe, and the events of small builds.
#pragma once

#include "os/child.h"
#include "progress/event.h"
#include "ui/renderer.h"

#include <chrono>
#include <functional>
#include <future>
#include <string>

namespace slipway::ui {

/// All that the renderer of `mode` writes while `build` runs and after.
inline std::string capture(ProgressMode mode, const std::function<void(Renderer&)>& build) {
    os::Pipe pipe = os::make_pipe().value();
    auto text = std::async(std::launch::async, [&] {
        os::FdReader reader(pipe.read);
        return read_text(reader, 64U << 20).value();
    });
    {
        const auto renderer = make_renderer(mode, pipe.write.get());
        build(*renderer);
        renderer->finish();
        renderer->finish();  // twice is as good as once
    }
    pipe.write = os::Fd();
    return text.get();
}

inline Digest id(int number) {
    return Digest::of("step " + std::to_string(number));
}

inline progress::Event queued(int number, const std::string& name) {
    return progress::StepQueued{.step = id(number), .name = name, .where = {}};
}
inline progress::Event started(int number) {
    return progress::StepStarted{.step = id(number)};
}
inline progress::Event log(int number, const std::string& text, int stream = 1) {
    return progress::StepLog{.step = id(number), .stream = stream, .text = text};
}
inline progress::Event done(int number, progress::Reason reason, const std::string& detail = "") {
    return progress::StepDone{.step = id(number),
                              .reason = reason,
                              .detail = detail,
                              .duration = std::chrono::milliseconds(1240),
                              .error = {}};
}
inline progress::Event failed(int number, const std::string& message) {
    return progress::StepDone{.step = id(number),
                              .reason = progress::Reason::kFailed,
                              .detail = "",
                              .duration = std::chrono::milliseconds(1240),
                              .error = Error(ErrorCode::kStepFailed, message).exit_status(2)};
}

}  // namespace slipway::ui
