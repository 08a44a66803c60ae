#include "exec/internal/output_pump.h"

#include <array>
#include <cstddef>

namespace slipway::exec {
namespace {

constexpr std::size_t kBufferSize = 64UL * 1024;

void pump(const os::Fd& pipe, int stream, Masker masker, const OutputHandler& on_output,
          std::mutex& calls) {
    const auto hand_on = [&](std::string_view text) {
        if (text.empty() || !on_output) return;
        const std::lock_guard lock(calls);
        on_output(stream, text);
    };
    os::FdReader reader(pipe);
    std::vector<std::byte> buffer(kBufferSize);
    while (true) {
        const auto size = reader.read(buffer);
        if (!size || *size == 0) break;
        hand_on(masker.feed({reinterpret_cast<const char*>(buffer.data()), *size}));
    }
    hand_on(masker.finish());
}

}  // namespace

Result<OutputPump> OutputPump::create() {
    SLIPWAY_ASSIGN(os::Pipe out, os::make_pipe());
    SLIPWAY_ASSIGN(os::Pipe err, os::make_pipe());
    return OutputPump(std::move(out), std::move(err));
}

void OutputPump::start(const OutputHandler& on_output, const std::vector<std::string>& secrets) {
    out_.write = os::Fd();
    err_.write = os::Fd();
    const Masker masker(secrets);
    const auto begin = [&](const os::Fd& pipe, int stream) {
        threads_.emplace_back([&pipe, stream, masker, &on_output, &calls = *calls_] {
            pump(pipe, stream, masker, on_output, calls);
        });
    };
    begin(out_.read, 1);
    begin(err_.read, 2);
}

void OutputPump::join() {
    threads_.clear();
}

}  // namespace slipway::exec
