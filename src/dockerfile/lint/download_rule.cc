// A download that is not compared with anything: what comes may be another thing tomorrow.
#include "base/text.h"
#include "dockerfile/lint/commands.h"
#include "dockerfile/lint/stage_rules.h"

#include <fmt/format.h>

#include <cctype>

namespace slipway::dockerfile::lint {

namespace {

using Words = std::span<const ShellWord>;

bool is_url(std::string_view text) {
    return text.starts_with("https://") || text.starts_with("http://") ||
           text.starts_with("ftp://");
}

bool is_local_host(std::string_view url) {
    std::string_view host = url.substr(std::min(url.find("//") + 2, url.size()));
    host = host.substr(0, host.find_first_of(":/"));
    static constexpr std::array<std::string_view, 4> kLocal = {"localhost", "127.0.0.1", "0.0.0.0",
                                                               "[::1]"};
    return is_one_of(host, kLocal);
}

/// Does something in the script compare files with digests or signatures?
bool verifies(const Script& script) {
    static constexpr std::array<std::string_view, 16> kTools = {
        "sha1sum", "sha224sum", "sha256sum", "sha384sum",    "sha512sum", "md5sum",
        "b2sum",   "b3sum",     "shasum",    "gpgv",         "cosign",    "minisign",
        "rpmkeys", "signify",   "rhash",     "slsa-verifier"};
    return std::ranges::any_of(script.commands, [](const ShellCommand& command) {
        const Words words = without_wrappers(command);
        const std::string program = program_name(words);
        return is_one_of(program, kTools) ||
               (program == "openssl" && subcommand(words) == "dgst") ||
               (program.starts_with("gpg") && has_word(words, "--verify"));
    });
}

bool is_commit(std::string_view text) {
    return text.size() >= 7 && std::ranges::all_of(text, [](char c) {
               return std::isxdigit(static_cast<unsigned char>(c)) != 0;
           });
}

/// Does the script check out a commit by its digest, or by what may be one?
bool pins_commit(const Script& script) {
    static constexpr std::array<std::string_view, 4> kTakeCommit = {"checkout", "reset", "switch",
                                                                    "fetch"};
    return std::ranges::any_of(script.commands, [](const ShellCommand& command) {
        const Words words = without_wrappers(command);
        if (program_name(words) != "git") return false;
        const bool takes_commit = is_one_of(subcommand(words), kTakeCommit);
        return std::ranges::any_of(words.subspan(1), [&](const ShellWord& word) {
            if (word.text.starts_with("--revision")) return true;
            return takes_commit && (is_commit(word.text) || !word.is_known());
        });
    });
}

/// Is what the next command of the pipe gets only looked at?
bool is_only_read(const Script& script, std::size_t index) {
    static constexpr std::array<std::string_view, 10> kReaders = {
        "jq", "grep", "sed", "awk", "head", "tail", "cut", "sort", "tr", "wc"};
    for (std::size_t i = index + 1; i < script.commands.size(); ++i) {
        const ShellCommand& next = script.commands[i];
        if (next.substituted != script.commands[index].substituted) continue;
        return is_one_of(program_name(without_wrappers(next)), kReaders);
    }
    return false;
}

/// A commit in the path of an URL names the content for good.
bool has_commit(std::string_view url) {
    return std::ranges::any_of(split(url, '/'), [](std::string_view part) {
        constexpr std::size_t kFull = 40;
        return is_commit(part.substr(0, part.find('.'))) && part.size() >= kFull;
    });
}

/// The word that names what is loaded.
const ShellWord* find_url(Words words) {
    const ShellWord* variable = nullptr;
    for (const ShellWord& word : words.subspan(1)) {
        if (is_url(word.text))
            return is_local_host(word.text) || has_commit(word.text) ? nullptr : &word;
        if (word.text.starts_with(kUnknown)) variable = &word;
    }
    return variable;
}

/// Where the words put what is loaded.
enum class Output { kStdout, kFile, kNowhere };

Output curl_output(Words words) {
    static constexpr std::array<std::string_view, 9> kNoDownload = {
        "-I", "--head", "-d", "--data", "--data-binary", "-T", "--upload-file", "-F", "--form"};
    Output output = Output::kStdout;
    for (std::size_t i = 1; i < words.size(); ++i) {
        const std::string& word = words[i].text;
        if (is_one_of(word, kNoDownload)) return Output::kNowhere;
        if ((word == "-X" || word == "--request") && i + 1 < words.size() &&
            words[i + 1].text != "GET")
            return Output::kNowhere;
        const bool named = word.starts_with("--output") || has_short_flag(word, 'o');
        if (named && i + 1 < words.size() && words[i + 1].text == "/dev/null")
            return Output::kNowhere;
        if (named || word.starts_with("--remote-name") || has_short_flag(word, 'O'))
            output = Output::kFile;
    }
    return output;
}

Output wget_output(Words words) {
    for (std::size_t i = 1; i < words.size(); ++i) {
        const std::string& word = words[i].text;
        if (word == "--spider" || word == "-i" || word.starts_with("--input-file"))
            return Output::kNowhere;
        const bool names = word.starts_with("--output-document") || has_short_flag(word, 'O');
        if (!names) continue;
        const std::string file = word.ends_with('O') || word.ends_with("document")
                                     ? (i + 1 < words.size() ? words[i + 1].text : "")
                                     : word.substr(word.find_first_of("O=") + 1);
        if (file == "-") return Output::kStdout;
        if (file == "/dev/null") return Output::kNowhere;
    }
    return Output::kFile;
}

const ShellWord* find_repository(Words words) {
    for (const ShellWord& word : words.subspan(1)) {
        const std::string& text = word.text;
        if (is_url(text) || text.starts_with("git://") || text.starts_with("ssh://") ||
            text.starts_with("git@") || text.starts_with(kUnknown))
            return &word;
    }
    return nullptr;
}

/// The word that names the download of this command, if it is one that nothing pins.
const ShellWord* find_download(const Script& script, std::size_t index, bool pinned) {
    const ShellCommand& command = script.commands[index];
    const Words words = without_wrappers(command);
    const std::string program = program_name(words);
    if (program == "git") {
        return subcommand(words) == "clone" && !pinned ? find_repository(words) : nullptr;
    }
    if (program != "curl" && program != "wget") return nullptr;
    const Output output = program == "curl" ? curl_output(words) : wget_output(words);
    const bool kept = output == Output::kFile ||
                      (output == Output::kStdout &&
                       (command.into_file || (command.into_pipe && !command.substituted &&
                                              !is_only_read(script, index))));
    return kept ? find_url(words) : nullptr;
}

}  // namespace

void check_downloads(const Moment& moment, const RunFacts& facts, Linter& linter) {
    if (!facts.script || verifies(*facts.script)) return;
    const Script& script = *facts.script;
    const bool pinned = pins_commit(script);
    const ShellWord* first = nullptr;
    std::string program;
    std::size_t count = 0;
    for (std::size_t i = 0; i < script.commands.size(); ++i) {
        const ShellWord* const word = find_download(script, i, pinned);
        if (word == nullptr) continue;
        ++count;
        if (first != nullptr) continue;
        first = word;
        program = program_name(without_wrappers(script.commands[i]));
    }
    if (first == nullptr) return;
    const std::string more = count > 1 ? fmt::format(" (and {} more)", count - 1) : "";
    const std::string_view advice = program == "git"
                                        ? "check out a commit by its full digest"
                                        : "compare it by 'sha256sum -c', or use ADD --checksum";
    linter.report(Rule::kDownloadWithoutChecksum, moment.instruction.lines,
                  fmt::format("{} takes whatever {} gives{}: {}", program,
                              std::string_view(first->raw).substr(0, 120), more, advice),
                  moment.instruction.comments);
}

}  // namespace slipway::dockerfile::lint
