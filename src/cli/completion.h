// What may follow on a command line, for the completion of shells.
#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace slipway::cli {

struct Candidate {
    std::string text;
    std::string help;  ///< one line, or nothing
    bool operator==(const Candidate&) const = default;
};

struct Completion {
    std::vector<Candidate> candidates;  ///< only such as begin with the word
    bool files = false;                 ///< the shell's own file names fit, too
    bool operator==(const Completion&) const = default;
};

/// What a command takes besides what it declares (CLI::App::allow_extras).
struct ExtraWords {
    struct Flag {
        std::string name;  ///< with its dashes
        std::string help;
        bool takes_value = false;
        std::vector<std::string> choices;
    };
    std::vector<Flag> flags;
    std::vector<Candidate> words;
};

/// `words` is what follows "slipway"; the last one is being typed and may be empty. `images` gives
/// the names of images, and is asked only where one may stand; `extra` is asked for commands that
/// take more than they declare.
Completion complete(const CLI::App& app, std::span<const std::string> words,
                    const std::function<std::vector<std::string>()>& images,
                    const std::function<ExtraWords()>& extra = {});

}  // namespace slipway::cli
