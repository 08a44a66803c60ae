#include "ui/internal/log_spool.h"

#include "base/text.h"
#include "os/file.h"
#include "os/system.h"
#include "os/temp.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <vector>

namespace slipway::ui::internal {

namespace {

Result<os::Fd> open_spill_file() {
    // /tmp may be memory; what is spilled was too much for memory.
    auto file = os::open_unnamed_file(os::get_env("TMPDIR").value_or("/var/tmp"));
    return file ? std::move(file) : os::open_unnamed_file("/tmp");
}

}  // namespace

void LogSpool::append(std::string_view text) {
    memory_ += text;
    if (memory_.size() > kMemory) spill();
}

void LogSpool::spill() {
    if (lost_ == 0 && !file_.valid()) {
        if (auto file = open_spill_file()) file_ = std::move(*file);
    }
    if (lost_ == 0 && file_.valid() && os::FdWriter(file_).write(memory_)) {
        in_file_ += memory_.size();
        memory_.clear();
        return;
    }
    // No file: the end of a log says more than its middle. Half is dropped at a time, so that this
    // stays cheap.
    const std::size_t dropped = memory_.size() / 2;
    lost_ += dropped;
    memory_.erase(0, dropped);
}

Result<void> LogSpool::replay(Writer& to) const {
    std::vector<std::byte> buffer(64UL * 1024);
    for (std::uint64_t offset = 0; offset < in_file_;) {
        const std::size_t want = std::min<std::uint64_t>(buffer.size(), in_file_ - offset);
        SLIPWAY_ASSIGN(const std::size_t size,
                       os::read_at(file_, std::span(buffer).first(want), offset));
        if (size == 0) break;
        SLIPWAY_TRY(to.write(std::span<const std::byte>(buffer).first(size)));
        offset += size;
    }
    if (lost_ > 0) {
        SLIPWAY_TRY(
            to.write(fmt::format("\n[{} of the log could not be kept]\n", format_bytes(lost_))));
    }
    return to.write(memory_);
}

void LogSpool::clear() {
    *this = LogSpool();
}

}  // namespace slipway::ui::internal
