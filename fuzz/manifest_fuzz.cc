// Any bytes are a manifest or are refused, and what is one is the same after it was written again.
// The input is a stored manifest without its trailer, which no fuzzer could guess.
#include "fuzz_check.h"
#include "snapshot/manifest.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace slipway;
using namespace slipway::snapshot;

namespace {

std::string sealed(std::string_view data) {
    const Digest digest = Digest::of(data);
    std::string all(data);
    all.append(reinterpret_cast<const char*>(digest.bytes().data()), Digest::kBytes);
    return all;
}

bool same(const Entry& a, const Entry& b) {
    return a.path == b.path && a.mode == b.mode && a.uid == b.uid && a.gid == b.gid &&
           a.size == b.size && a.rdev == b.rdev && a.mtime == b.mtime &&
           a.link_target == b.link_target && a.xattrs == b.xattrs && a.opaque == b.opaque &&
           a.hardlink == b.hardlink && a.content == b.content;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto parsed =
        Manifest::parse(sealed(std::string_view(reinterpret_cast<const char*>(data), size)));
    if (!parsed) {
        FUZZ_CHECK(parsed.error().code() == ErrorCode::kCorrupt, "refused for another reason");
        return 0;
    }
    const auto entries = parsed->entries();
    for (std::size_t i = 0; i < entries.size(); ++i) {
        FUZZ_CHECK(i == 0 || path_less(entries[i - 1].path, entries[i].path), "not in order");
        FUZZ_CHECK(parsed->find(entries[i].path) == &entries[i], "an entry is not found");
        const std::size_t end = parsed->end_of_subtree(i);
        FUZZ_CHECK(end > i && end <= entries.size(), "a subtree ends outside");
    }
    const auto again = Manifest::parse(parsed->serialize());
    FUZZ_CHECK(again.has_value(), "what we write cannot be read");
    FUZZ_CHECK(std::equal(entries.begin(), entries.end(), again->entries().begin(),
                          again->entries().end(), same),
               "entries change when they are written");
    return 0;
}
