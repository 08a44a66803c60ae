// Compressed streams and tars: read in one piece or byte by byte they say the same, and the entries
// of a tar, written again, are read as they were.
#include "archive/compress.h"
#include "archive/tar.h"
#include "fuzz_check.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace slipway;
using namespace slipway::archive;

namespace {

// A few bytes may stand for gigabytes, which is no fault.
constexpr std::size_t kMostData = std::size_t{4} << 20;
constexpr std::size_t kMostEntries = 1000;

class SlowReader final : public Reader {
  public:
    SlowReader(std::string_view text, std::size_t step) : inner_(text), step_(step) {}
    Result<std::size_t> read(std::span<std::byte> buffer) override {
        return inner_.read(buffer.first(std::min(buffer.size(), step_)));
    }

  private:
    MemoryReader inner_;
    std::size_t step_;
};

/// What came until the end, an error, or the limit.
struct Outcome {
    std::string data;
    bool ok = true;
    bool cut = false;
};

Outcome decompress(std::string_view text, std::size_t step) {
    SlowReader source(text, step);
    Outcome outcome;
    auto reader = make_decompressor(source);
    if (!reader) return {.ok = false};
    std::vector<std::byte> buffer(64UL * 1024);
    while (true) {
        const auto size = (*reader)->read(buffer);
        if (!size) {
            FUZZ_CHECK(!size.error().message().empty(), "an error without a message");
            outcome.ok = false;
            return outcome;
        }
        if (*size == 0) return outcome;
        outcome.data.append(reinterpret_cast<const char*>(buffer.data()), *size);
        if (outcome.data.size() > kMostData) {
            outcome.cut = true;
            return outcome;
        }
    }
}

struct Member {
    TarEntry entry;
    std::string data;
};

struct Tar {
    std::vector<Member> members;
    bool ok = true;
    bool cut = false;
};

Tar read_tar(std::string_view text, std::size_t step, Decompress mode) {
    SlowReader source(text, step);
    Tar tar;
    auto reader = TarReader::open(source, mode);
    if (!reader) return {.members = {}, .ok = false};
    std::size_t total = 0;
    std::vector<std::byte> buffer(64UL * 1024);
    while (true) {
        auto entry = reader->next();
        tar.ok = entry.has_value();
        if (!entry || !*entry) return tar;
        Member& member = tar.members.emplace_back();
        member.entry = **std::move(entry);
        while (true) {
            const auto size = reader->read(buffer);
            tar.ok = size.has_value();
            if (!size) return tar;
            if (*size == 0) break;
            total += *size;
            tar.cut = total > kMostData || tar.members.size() > kMostEntries;
            if (tar.cut) return tar;
            member.data.append(reinterpret_cast<const char*>(buffer.data()), *size);
        }
    }
}

bool same(const Member& a, const Member& b) {
    return a.entry.path == b.entry.path && a.entry.type == b.entry.type &&
           a.entry.mode == b.entry.mode && a.entry.uid == b.entry.uid &&
           a.entry.gid == b.entry.gid && a.entry.link_target == b.entry.link_target &&
           a.data == b.data;
}

void check_rewritten(const Tar& tar) {
    StringWriter out;
    auto writer = TarWriter::open(out);
    FUZZ_CHECK(writer.has_value(), "no tar can be written");
    std::vector<Member> written;
    for (Member member : tar.members) {
        if (member.entry.type == EntryType::kDirectory && !member.entry.path.ends_with('/')) {
            member.entry.path += '/';
        }
        if (writer->add_file(member.entry, member.data)) {
            written.push_back(std::move(member));
        } else {
            return;  // a value that no tar can hold
        }
    }
    FUZZ_CHECK(writer->finish().has_value(), "the tar cannot be finished");
    const Tar again = read_tar(out.text(), out.text().size() + 1, Decompress::kNone);
    FUZZ_CHECK(again.ok && again.members.size() == written.size(), "our own tar does not read");
    for (std::size_t i = 0; i < written.size(); ++i) {
        FUZZ_CHECK(same(again.members[i], written[i]), "an entry changed");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 200'000) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const Outcome whole = decompress(text, size + 1);
    const Outcome slow = decompress(text, 7);
    FUZZ_CHECK(whole.cut || (whole.ok == slow.ok && (!whole.ok || whole.data == slow.data)),
               "decoding depends on the pieces");

    const Tar tar = read_tar(text, size + 1, Decompress::kAny);
    const Tar slow_tar = read_tar(text, 7, Decompress::kAny);
    // A stream that breaks behind the end of its tar may be read that far, or not.
    const bool comparable = whole.ok && !tar.cut;
    FUZZ_CHECK(!comparable || tar.ok == slow_tar.ok, "reading depends on the pieces");
    FUZZ_CHECK(!comparable || tar.members.size() == slow_tar.members.size(), "entries are lost");
    if (tar.ok && !tar.cut) check_rewritten(tar);
    MemoryReader source(text);
    FUZZ_CHECK(looks_like_tar(source).has_value(), "a memory cannot fail");
    return 0;
}
