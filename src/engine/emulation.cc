#include "engine/internal/emulation.h"

#include "base/text.h"
#include "os/dir.h"
#include "os/file.h"
#include "os/mount.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace slipway::engine {

namespace {

constexpr const char* kUsualPlace = "/proc/sys/fs/binfmt_misc";

/// What stands in the ELF header of an architecture's programs.
struct Elf {
    std::string_view architecture;
    std::uint8_t bits;
    bool little_endian;
    std::uint16_t machine;
    std::string_view qemu;  ///< what QEMU calls it
};
constexpr std::array<Elf, 9> kElfs = {{{"386", 32, true, 3, "i386"},
                                       {"amd64", 64, true, 62, "x86_64"},
                                       {"arm", 32, true, 40, "arm"},
                                       {"arm64", 64, true, 183, "aarch64"},
                                       {"loong64", 64, true, 258, "loongarch64"},
                                       {"mips64le", 64, true, 8, "mips64el"},
                                       {"ppc64le", 64, true, 21, "ppc64le"},
                                       {"riscv64", 64, true, 243, "riscv64"},
                                       {"s390x", 64, false, 22, "s390x"}}};

const Elf* find_elf(const std::string& architecture) {
    const auto found = std::ranges::find(kElfs, architecture, &Elf::architecture);
    return found == kElfs.end() ? nullptr : &*found;
}

std::string header_of(const Elf& elf) {
    std::string header(
        "\x7f"
        "ELF",
        4);
    header += static_cast<char>(elf.bits / 32);
    header += elf.little_endian ? '\1' : '\2';
    header += '\1';
    header.resize(16, '\0');
    const auto add = [&](std::uint32_t value, int bytes) {
        for (int i = 0; i < bytes; ++i) {
            const int shift = 8 * (elf.little_endian ? i : bytes - 1 - i);
            header += static_cast<char>((value >> shift) & 0xFFU);
        }
    };
    constexpr std::uint32_t kExecutable = 2;
    add(kExecutable, 2);
    add(elf.machine, 2);
    add(1, 4);
    header.resize(128, '\0');
    return header;
}

std::optional<std::string> from_hex(std::string_view hex) {
    if (hex.size() % 2 != 0) return std::nullopt;
    std::string bytes;
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        const auto value = parse_uint(hex.substr(i, 2), 16);
        if (!value) return std::nullopt;
        bytes += static_cast<char>(*value);
    }
    return bytes;
}

/// Those of a mounted binfmt_misc; none when it cannot be read.
std::vector<Interpreter> load_interpreters(const std::string& place) {
    std::vector<Interpreter> interpreters;
    const auto status = os::read_file(place + "/status", 64);
    if (!status || trim(*status) != "enabled") return interpreters;
    const auto dir = os::Dir::open(place);
    if (!dir) return interpreters;
    const auto names = dir->list(RelPath());
    if (!names) return interpreters;
    for (const auto& entry : *names) {
        if (entry.name == "register" || entry.name == "status") continue;
        const auto text = os::read_file(place + "/" + entry.name, std::size_t{64} * 1024);
        if (text) interpreters.push_back(Interpreter::parse(*text));
    }
    return interpreters;
}

/// A 64-bit x86 kernel runs 32-bit programs when it was built to; then it has this setting.
bool runs_as_relative(const image::Platform& platform, const image::Platform& native) {
    return native.os == platform.os && native.architecture == "amd64" &&
           platform.architecture == "386" && os::path_exists("/proc/sys/abi/vsyscall32");
}

}  // namespace

Interpreter Interpreter::parse(std::string_view text) {
    Interpreter entry;
    for (const std::string_view line : split(text, '\n')) {
        const auto pair = split_once(line, ' ');
        if (line == "enabled") entry.enabled = true;
        if (!pair) continue;
        if (pair->first == "flags:") {
            entry.kept_open = pair->second.find('F') != std::string_view::npos;
        } else if (pair->first == "offset") {
            entry.offset = parse_uint(pair->second).value_or(0);
        } else if (pair->first == "magic") {
            entry.magic = from_hex(pair->second).value_or("");
        } else if (pair->first == "mask") {
            entry.mask = from_hex(pair->second).value_or("");
        }
    }
    entry.mask.resize(entry.magic.size(), '\xff');
    return entry;
}

bool Interpreter::takes(const image::Platform& platform) const {
    const Elf* elf = find_elf(platform.architecture);
    if (!enabled || magic.empty() || platform.os != "linux" || elf == nullptr) return false;
    const std::string header = header_of(*elf);
    if (offset > header.size() || magic.size() > header.size() - offset) return false;
    for (std::size_t i = 0; i < magic.size(); ++i) {
        if (((header[offset + i] ^ magic[i]) & mask[i]) != 0) return false;
    }
    return true;
}

Result<void> check_interpreters(const image::Platform& platform,
                                const std::vector<Interpreter>& interpreters) {
    const auto takes = [&](const Interpreter& entry) { return entry.takes(platform); };
    const auto usable = [&](const Interpreter& entry) { return takes(entry) && entry.kept_open; };
    if (std::ranges::any_of(interpreters, usable)) return {};
    const Elf* elf = find_elf(platform.architecture);
    const std::string wanted =
        platform.os == "linux" && elf != nullptr ? fmt::format("qemu-{}", elf->qemu) : "";
    if (std::ranges::any_of(interpreters, takes)) {
        return make_error(ErrorCode::kResource,
                          "programs of {} cannot run: {} is registered in binfmt_misc without the "
                          "flag F, so no container finds it",
                          platform.to_string(), wanted)
            .hint("install qemu-user-static, which registers it with that flag");
    }
    auto error = make_error(ErrorCode::kResource,
                            "programs of {} cannot run on this machine: no interpreter is "
                            "registered for them in binfmt_misc",
                            platform.to_string());
    if (wanted.empty()) return error;
    return std::move(error).hint(fmt::format(
        "install qemu-user-static and binfmt-support ({}), or run the step on this machine's own "
        "platform: FROM --platform=$BUILDPLATFORM",
        wanted));
}

Result<void> check_runnable(const image::Platform& platform, const image::Platform& native,
                            const std::string& scratch_dir) {
    if (native.runs(platform) || runs_as_relative(platform, native)) return {};
    const std::string status = std::string(kUsualPlace) + "/status";
    if (os::path_exists(status)) {
        return check_interpreters(platform, load_interpreters(kUsualPlace));
    }
    // In a container, it is often not mounted, although the host's entries count.
    const std::string place = scratch_dir + "/binfmt_misc";
    SLIPWAY_TRY(os::make_dirs(place));
    const auto mounted = os::mount_binfmt_misc(place);
    return check_interpreters(platform,
                              mounted ? load_interpreters(place) : std::vector<Interpreter>());
}

}  // namespace slipway::engine
