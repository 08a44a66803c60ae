// Programs of other platforms: the kernel runs them when an interpreter (QEMU) is registered for
// their format in binfmt_misc.
#pragma once

#include "base/result.h"
#include "image/platform.h"

#include <string>
#include <string_view>
#include <vector>

namespace slipway::engine {

/// One entry of binfmt_misc, as the kernel shows it.
struct Interpreter {
    bool enabled = false;
    bool kept_open = false;  ///< flag F: found whatever the root file system of the process is
    std::size_t offset = 0;
    std::string magic;
    std::string mask;  ///< as long as the magic

    /// Nothing of it counts when the text is something else.
    static Interpreter parse(std::string_view text);
    /// Is it for the programs of `platform`?
    [[nodiscard]] bool takes(const image::Platform& platform) const;
};

/// kResource, saying what to install, when the machine (`native`) cannot run programs of
/// `platform`. `scratch_dir`: where binfmt_misc is mounted when nobody has mounted it yet.
Result<void> check_runnable(const image::Platform& platform, const image::Platform& native,
                            const std::string& scratch_dir);

/// The same with the entries of that directory.
Result<void> check_interpreters(const image::Platform& platform,
                                const std::vector<Interpreter>& interpreters);

}  // namespace slipway::engine
