// A folder of the user's that should hold one wheel: looked at before anything is built with it.
#pragma once

#include "base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace slipway::stack {

/// What a wheel's file name says (PEP 427).
struct WheelName {
    std::string package;  ///< normalised: "tensorrt_llm"
    std::string version;
    std::vector<std::string> pythons;    ///< "cp312"; one at least
    std::vector<std::string> abis;       ///< "cp312", "abi3", "none"
    std::vector<std::string> platforms;  ///< "manylinux_2_28_x86_64", "any"

    /// kInvalidInput when it is no name of a wheel.
    static Result<WheelName> parse(std::string_view file);
};

struct WantedWheel {
    std::string package;      ///< as people write it
    std::string machine;      ///< "x86_64"
    std::string python = {};  ///< "cp312"; "" when any will do
    /// What commit.txt must say, "amd64_0123abc"; "" when it is not asked for.
    std::string commit = {};
};

/// kNotFound: no such folder, or no wheel or commit.txt in it. kInvalidInput: several wheels, or
/// one for another machine, Python or commit. The message says what there is and what is wanted.
Result<void> check_wheel_folder(const std::string& folder, const WantedWheel& wanted);

}  // namespace slipway::stack
