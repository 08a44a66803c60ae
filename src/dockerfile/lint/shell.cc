// One pass over the text. Structure (if, loops, groups) is left out: the words that make it are
// skipped, and what stands between them is a list of commands. Only `case` needs a memory, for the
// ')' of its patterns.
#include "dockerfile/lint/shell.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace slipway::dockerfile::lint {

namespace {

constexpr int kMaxDepth = 60;
constexpr std::size_t kMaxText = std::size_t{1} << 20U;
/// Of values of variables that are filled in, all in all.
constexpr std::size_t kMaxFilled = std::size_t{1} << 20U;

bool is_name_start(char c) {
    return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_';
}
bool is_name_char(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}
bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}
bool is_meta(char c) {
    return is_blank(c) || std::string_view("\n;&|<>()").find(c) != std::string_view::npos;
}

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
    return std::ranges::find(words, word) != words.end();
}

bool is_shell(std::string_view program) {
    static constexpr std::array<std::string_view, 6> kShells = {"sh",  "bash", "dash",
                                                                "ash", "zsh",  "ksh"};
    return is_one_of(program.substr(program.rfind('/') + 1), kShells);
}

/// Words that stand where a program could and run none.
bool is_reserved(std::string_view word) {
    static constexpr std::array<std::string_view, 13> kReserved = {
        "if", "then", "elif", "else", "fi", "while", "until", "do", "done", "{", "}", "!", "time"};
    return is_one_of(word, kReserved);
}

struct PendingHeredoc {
    std::string delimiter;
    bool expands = true;
    bool strips_tabs = false;
    std::size_t command = 0;  ///< index of the command that reads it
};

class Reader {
  public:
    Reader(std::string_view text, const Lookup& lookup, Script& script, std::size_t& filled,
           int depth, bool substituted)
        : text_(text),
          lookup_(lookup),
          script_(script),
          filled_(filled),
          depth_(depth),
          substituted_(substituted),
          ok_(depth < kMaxDepth && text.size() <= kMaxText) {}

    /// Commands up to the end of the text, or up to the ')' that closes what the caller opened.
    bool run(bool until_parenthesis) {
        if (until_parenthesis) open_.push_back(Open::kCaller);
        while (ok_) {
            skip_blanks();
            if (at_end()) break;
            const char c = text_[pos_];
            if (c == '\n') {
                ++pos_;
                read_heredoc_bodies();
            } else if (c == '#') {
                skip_comment();
            } else if (c == ';') {
                read_semicolons();
            } else if (c == '&' || c == '|') {
                ++pos_;
            } else if (c == ')') {
                ++pos_;
                if (open_.empty() || open_.back() == Open::kCase) return ok_ = false;
                const Open closed = open_.back();
                open_.pop_back();
                if (closed == Open::kCaller) return ok_;
            } else if (wants_pattern()) {
                read_pattern();
            } else if (c == '(') {
                open_group();
            } else {
                read_command();
            }
        }
        return ok_ && open_.empty();
    }
    [[nodiscard]] std::size_t position() const { return pos_; }

  private:
    enum class Open { kCaller, kGroup, kCase, kCasePattern };

    [[nodiscard]] bool at_end() const { return pos_ >= text_.size(); }
    [[nodiscard]] char peek(std::size_t ahead = 0) const {
        return pos_ + ahead < text_.size() ? text_[pos_ + ahead] : '\0';
    }
    bool fail() { return ok_ = false; }

    void skip_blanks() {
        while (!at_end()) {
            if (is_blank(peek())) {
                ++pos_;
            } else if (peek() == '\\' && peek(1) == '\n') {
                pos_ += 2;
            } else {
                return;
            }
        }
    }
    void skip_comment() { pos_ = std::min(text_.find('\n', pos_), text_.size()); }

    // ---- structure

    [[nodiscard]] bool wants_pattern() const {
        return !open_.empty() && open_.back() == Open::kCasePattern;
    }
    /// ";" or the ";;" that ends a clause of a case.
    void read_semicolons() {
        ++pos_;
        const bool ends_clause = peek() == ';' || peek() == '&';
        while (peek() == ';' || peek() == '&') ++pos_;
        if (ends_clause && !open_.empty() && open_.back() == Open::kCase)
            open_.back() = Open::kCasePattern;
    }
    /// "a|b)" of a case, or its "esac".
    void read_pattern() {
        if (peek() == '(') ++pos_;
        skip_blanks();
        ShellWord word = read_word();
        if (!ok_) return;
        if (word.raw == "esac") {
            open_.pop_back();
            return;
        }
        skip_blanks();
        while (ok_ && peek() == '|') {
            ++pos_;
            skip_blanks();
            static_cast<void>(read_word());
            skip_blanks();
        }
        if (peek() != ')') {
            fail();
            return;
        }
        ++pos_;
        open_.back() = Open::kCase;
    }
    void open_group() {
        if (peek(1) == '(') {  // ((i++))
            pos_ += 2;
            read_arithmetic();
            return;
        }
        ++pos_;
        open_.push_back(Open::kGroup);
    }

    void read_case() {
        skip_blanks();
        static_cast<void>(read_word());
        skip_blanks_and_lines();
        if (read_word().raw != "in") fail();
        open_.push_back(Open::kCasePattern);
    }
    void skip_blanks_and_lines() {
        skip_blanks();
        while (peek() == '\n') {
            ++pos_;
            skip_blanks();
        }
    }
    /// "for NAME in WORDS" or "for ((a; b; c))": up to what ends the list.
    void read_for() {
        skip_blanks();
        if (peek() == '(' && peek(1) == '(') {
            pos_ += 2;
            read_arithmetic();
            return;
        }
        script_.assigned.insert(read_word().raw);
        skip_blanks_and_lines();
        const std::size_t before = pos_;
        if (at_end() || is_meta(peek())) return;
        if (read_word().raw != "in") {
            pos_ = before;
            return;
        }
        for (skip_blanks(); ok_ && !at_end() && !is_meta(peek()); skip_blanks())
            static_cast<void>(read_word());
    }
    /// "[[ a && b ]]": its operators are not the shell's.
    void read_condition() {
        while (ok_) {
            skip_blanks_and_lines();
            if (at_end()) {
                fail();
                return;
            }
            if (is_meta(peek())) {
                ++pos_;
            } else if (read_word().raw == "]]") {
                return;
            }
        }
    }

    // ---- commands

    void read_command() {
        ShellCommand command;
        command.substituted = substituted_;
        const std::size_t index = script_.commands.size();
        script_.commands.emplace_back();  // its place, before those of substitutions in its words
        bool keep = true;
        while (ok_) {
            skip_blanks();
            if (at_end() || std::string_view("\n;&)").find(peek()) != std::string_view::npos) {
                if (peek() == '&' && peek(1) == '>') {
                    ++pos_;
                    continue;
                }
                break;
            }
            if (peek() == '|') {
                command.into_pipe = peek(1) != '|';
                pos_ += peek(1) == '|' || peek(1) == '&' ? 2U : 1U;
                break;
            }
            if (peek() == '#') {
                skip_comment();
                break;
            }
            if (peek() == '<' || peek() == '>') {
                if (peek(1) != '(') {
                    read_redirection(command, index);
                    continue;
                }
            }
            if (peek() == '(') {
                // name() of a function; anywhere else a '(' is more than is understood here
                if (command.words.size() != 1 || peek(1) != ')') {
                    fail();
                    return;
                }
                pos_ += 2;
                keep = false;
                break;
            }
            if (command.words.empty() && read_assignment(command)) continue;
            const ShellWord word = read_word();
            if (!ok_) return;
            if (is_descriptor(word.raw) && (peek() == '<' || peek() == '>')) continue;
            if (command.words.empty() && command.assignments.empty()) {
                if (is_reserved(word.raw)) continue;
                if (word.raw == "for" || word.raw == "select") {
                    read_for();
                    keep = false;
                    break;
                }
                if (word.raw == "case") {
                    read_case();
                    keep = false;
                    break;
                }
                if (word.raw == "esac") {
                    if (open_.empty() || open_.back() != Open::kCase) fail();
                    if (ok_) open_.pop_back();
                    continue;
                }
                if (word.raw == "[[") {
                    read_condition();
                    keep = false;
                    continue;
                }
                if (word.raw == "function") {
                    skip_blanks();
                    static_cast<void>(read_word());
                    if (peek() == '(' && peek(1) == ')') pos_ += 2;
                    keep = false;
                    break;
                }
            }
            command.words.push_back(word);
        }
        if (!keep) command = {};
        note_builtins(command);
        script_.commands[index] = std::move(command);
        read_inner_script(index);
    }

    static bool is_descriptor(std::string_view word) {
        return !word.empty() &&
               std::ranges::all_of(word, [](char c) { return c >= '0' && c <= '9'; });
    }

    /// NAME=value, NAME+=value, NAME=(list), NAME[i]=value
    bool read_assignment(ShellCommand& command) {
        std::size_t end = pos_;
        if (!is_name_start(peek())) return false;
        while (end < text_.size() && is_name_char(text_[end])) ++end;
        const std::string name(text_.substr(pos_, end - pos_));
        if (end < text_.size() && text_[end] == '[') {
            end = find_bracket(end);
            if (end == std::string_view::npos) return false;
            ++end;
        }
        if (end < text_.size() && text_[end] == '+') ++end;
        if (end >= text_.size() || text_[end] != '=') return false;
        pos_ = end + 1;
        Assignment assignment{name, {}};
        if (peek() == '(') {
            ++pos_;
            read_array();
            assignment.value.text = kUnknown;
        } else if (!at_end() && !is_meta(peek())) {
            assignment.value = read_word();
        }
        command.assignments.push_back(std::move(assignment));
        script_.assigned.insert(name);
        return true;
    }
    /// The first ']' behind a place; the places only grow, so the text is searched once.
    std::size_t find_bracket(std::size_t from) {
        if (bracket_ < from) bracket_ = text_.find(']', from);
        return bracket_;
    }
    void read_array() {
        while (ok_) {
            skip_blanks_and_lines();
            if (!at_end() && peek() == ')') {
                ++pos_;
                return;
            }
            if (!at_end() && peek() == '#') {
                skip_comment();
            } else if (at_end() || is_meta(peek())) {
                fail();
            } else {
                static_cast<void>(read_word());
            }
        }
    }

    void read_redirection(ShellCommand& command, std::size_t index) {
        const bool out = peek() == '>';
        if (peek() == '<' && peek(1) == '<' && peek(2) != '<') {
            pos_ += 2;
            read_heredoc_start(index);
            return;
        }
        while (peek() == '<' || peek() == '>' || peek() == '&' || peek() == '|') ++pos_;
        skip_blanks();
        if (at_end() || is_meta(peek())) {
            fail();
            return;
        }
        const ShellWord target = read_word();
        const bool file =
            target.text != "/dev/null" && target.raw != "-" && !is_descriptor(target.raw);
        if (out && file) command.into_file = true;
    }
    void read_heredoc_start(std::size_t index) {
        PendingHeredoc heredoc;
        heredoc.command = index;
        if (peek() == '-') {
            heredoc.strips_tabs = true;
            ++pos_;
        }
        skip_blanks();
        while (!at_end() && !is_meta(peek())) {
            const char c = text_[pos_++];
            if (c == '\'' || c == '"' || c == '\\') {
                heredoc.expands = false;
            } else {
                heredoc.delimiter += c;
            }
        }
        if (heredoc.delimiter.empty()) fail();
        heredocs_.push_back(std::move(heredoc));
    }
    /// At the beginning of the line below theirs.
    void read_heredoc_bodies() {
        for (const PendingHeredoc& heredoc : std::exchange(heredocs_, {})) {
            const std::size_t begin = pos_;
            std::size_t end = pos_;
            while (!at_end()) {
                end = pos_;
                const std::size_t line_end = std::min(text_.find('\n', pos_), text_.size());
                std::string_view line = text_.substr(pos_, line_end - pos_);
                pos_ = std::min(line_end + 1, text_.size());
                if (heredoc.strips_tabs)
                    line.remove_prefix(std::min(line.find_first_not_of('\t'), line.size()));
                if (line == heredoc.delimiter) break;
                end = pos_;
            }
            const std::string_view body = text_.substr(begin, end - begin);
            const auto words = without_wrappers(script_.commands[heredoc.command]);
            if (is_shell(program_name(words))) {
                read_inner(body);
            } else if (heredoc.expands) {
                read_body_variables(body);
            }
        }
    }
    void read_body_variables(std::string_view body) {
        Reader inner(body, lookup_, script_, filled_, depth_ + 1, substituted_);
        ShellWord word;
        while (inner.ok_ && !inner.at_end()) {
            inner.read_quoted_char(word);
            word.text.clear();
        }
        ok_ = ok_ && inner.ok_;
    }

    void note_builtins(const ShellCommand& command) {
        const auto words = without_wrappers(command);
        const std::string program = program_name(words);
        if (program == "." || program == "source" || program == "eval")
            script_.sources_others = true;
        static constexpr std::array<std::string_view, 9> kSetters = {
            "export", "local",   "declare",   "typeset", "readonly",
            "read",   "mapfile", "readarray", "getopts"};
        const bool prints = program == "printf";
        if (!is_one_of(program, kSetters) && !prints) return;
        for (std::size_t i = 1; i < words.size(); ++i) {
            if (prints && words[i - 1].text != "-v") continue;
            const std::string_view name = words[i].text;
            if (!name.empty() && is_name_start(name[0]))
                script_.assigned.emplace(name.substr(0, name.find('=')));
        }
    }
    /// sh -c 'text'
    void read_inner_script(std::size_t index) {
        const auto words = without_wrappers(script_.commands[index]);
        if (!is_shell(program_name(words))) return;
        for (std::size_t i = 1; i + 1 < words.size(); ++i) {
            const std::string& flag = words[i].text;
            if (!flag.starts_with('-') || flag.starts_with("--") || !flag.ends_with('c')) continue;
            const std::string text = words[i + 1].text;
            if (words[i + 1].raw.starts_with('\'')) read_inner(text);
            return;
        }
    }
    void read_inner(std::string_view text) {
        Reader inner(text, lookup_, script_, filled_, depth_ + 1, substituted_);
        if (!inner.run(false)) fail();
    }

    // ---- words

    ShellWord read_word() {
        ShellWord word;
        const std::size_t begin = pos_;
        while (ok_ && !at_end()) {
            const char c = peek();
            if ((c == '<' || c == '>') && peek(1) == '(' && pos_ == begin) {
                pos_ += 2;
                read_substitution(word);
            } else if (is_meta(c)) {
                break;
            } else if (c == '\\') {
                if (peek(1) != '\n' && pos_ + 1 < text_.size()) word.text += peek(1);
                pos_ = std::min(pos_ + 2, text_.size());
            } else if (c == '\'') {
                read_single_quoted(word);
            } else if (c == '"') {
                ++pos_;
                read_double_quoted(word);
            } else if (c == '$' && (peek(1) == '\'' || peek(1) == '"')) {
                ++pos_;
                if (peek() == '\'') word.text += kUnknown;
            } else if (c == '$') {
                read_dollar(word);
            } else if (c == '`') {
                read_backticks(word);
            } else if (c == '~' && pos_ == begin) {
                ++pos_;
                const auto home = lookup_("HOME");
                const bool own = at_end() || is_meta(peek()) || peek() == '/';
                word.text += own && home ? *home : std::string(1, kUnknown);
            } else {
                if (std::string_view("*?[{").find(c) != std::string_view::npos) word.glob = true;
                word.text += c;
                ++pos_;
            }
        }
        word.raw = text_.substr(begin, pos_ - begin);
        // A lone bracket or brace is the command of that name.
        if (word.raw == "[" || word.raw == "{") word.glob = false;
        if (pos_ == begin) fail();
        return word;
    }

    void read_single_quoted(ShellWord& word) {
        const std::size_t end = text_.find('\'', pos_ + 1);
        if (end == std::string_view::npos) {
            fail();
            return;
        }
        word.text += text_.substr(pos_ + 1, end - pos_ - 1);
        pos_ = end + 1;
    }
    void read_double_quoted(ShellWord& word) {
        ++quotes_;
        while (ok_ && !at_end() && peek() != '"') read_quoted_char(word);
        --quotes_;
        if (at_end()) {
            fail();
            return;
        }
        ++pos_;
    }
    /// One character inside double quotes, or one expansion.
    void read_quoted_char(ShellWord& word) {
        const char c = peek();
        if (c == '$') {
            read_dollar(word);
        } else if (c == '`') {
            read_backticks(word);
        } else if (c == '\\' && pos_ + 1 < text_.size()) {
            const char escaped = peek(1);
            if (std::string_view("\"\\$`\n").find(escaped) == std::string_view::npos)
                word.text += c;
            if (escaped != '\n') word.text += escaped;
            pos_ += 2;
        } else {
            word.text += c;
            ++pos_;
        }
    }

    void read_substitution(ShellWord& word) {
        Reader inner(text_.substr(pos_), lookup_, script_, filled_, depth_ + 1, true);
        if (!inner.run(true)) fail();
        pos_ += inner.position();
        word.text += kUnknown;
    }
    void read_backticks(ShellWord& word) {
        std::string inner;
        for (++pos_; !at_end() && peek() != '`'; ++pos_) {
            if (peek() == '\\' && std::string_view("`\\$").find(peek(1)) != std::string_view::npos)
                ++pos_;
            if (!at_end()) inner += peek();
        }
        if (at_end()) {
            fail();
            return;
        }
        ++pos_;
        Reader reader(inner, lookup_, script_, filled_, depth_ + 1, true);
        if (!reader.run(false)) fail();
        word.text += kUnknown;
    }
    /// Behind "((": names in it are variables.
    void read_arithmetic() {
        int depth = 2;
        ShellWord ignored;
        while (ok_ && !at_end()) {
            const char c = peek();
            if (c == '$') {
                read_dollar(ignored);
                continue;
            }
            if (is_name_start(c)) {
                const std::size_t begin = pos_;
                while (!at_end() && is_name_char(peek())) ++pos_;
                script_.reads.push_back(
                    {std::string(text_.substr(begin, pos_ - begin)), "", false});
                continue;
            }
            ++pos_;
            if (c == '(') ++depth;
            if (c == ')' && --depth == 0) return;
        }
        fail();
    }

    void read_dollar(ShellWord& word) {
        if (++nesting_ > kMaxDepth) fail();
        if (ok_) read_expansion(word);
        --nesting_;
    }
    void read_expansion(ShellWord& word) {
        const char next = peek(1);
        if (next == '(') {
            const bool arithmetic = peek(2) == '(';
            pos_ += arithmetic ? 3 : 2;
            if (!arithmetic) {
                read_substitution(word);
                return;
            }
            read_arithmetic();
            word.text += kUnknown;
        } else if (next == '{') {
            pos_ += 2;
            read_braces(word);
        } else if (is_name_start(next)) {
            const std::size_t begin = ++pos_;
            while (!at_end() && is_name_char(peek())) ++pos_;
            add_variable(word, std::string(text_.substr(begin, pos_ - begin)));
        } else if (next != '\0' && !is_meta(next) && next != '"' && next != '\'') {
            pos_ += 2;  // $1, $@, $?, ...
            word.text += kUnknown;
        } else {
            word.text += '$';
            ++pos_;
        }
    }
    void add_variable(ShellWord& word, std::string name) {
        const auto value = script_.assigned.contains(name) ? std::nullopt : lookup_(name);
        if (value && value->size() <= kMaxFilled - filled_) {
            filled_ += value->size();
            word.text += *value;
        } else {
            word.text += kUnknown;
        }
        script_.reads.push_back({std::move(name), "", false});
    }
    /// Behind "${".
    void read_braces(ShellWord& word) {
        const bool length = peek() == '#' && peek(1) != '}';
        const bool indirect = peek() == '!';
        if (length || indirect) ++pos_;
        const std::size_t begin = pos_;
        while (!at_end() && is_name_char(peek())) ++pos_;
        std::string name(text_.substr(begin, pos_ - begin));
        if (name.empty() && !at_end() && peek() != '}') ++pos_;  // ${@}, ${*}
        if (peek() == '}' && !length && !indirect && !name.empty()) {
            ++pos_;
            add_variable(word, std::move(name));
            return;
        }
        const std::size_t op_begin = pos_;
        if (peek() == ':') ++pos_;
        if (!at_end() && peek() != '}') ++pos_;
        VariableRead read{std::move(name), std::string(text_.substr(op_begin, pos_ - op_begin)),
                          false};
        const std::size_t inner_begin = script_.reads.size();
        ShellWord ignored;
        while (ok_ && !at_end() && peek() != '}') {
            if (peek() == '\'' && quotes_ == 0) {
                read_single_quoted(ignored);
            } else if (peek() == '"') {
                ++pos_;
                read_double_quoted(ignored);
            } else {
                read_quoted_char(ignored);
            }
        }
        if (at_end()) {
            fail();
            return;
        }
        ++pos_;
        for (std::size_t i = inner_begin; i < script_.reads.size(); ++i)
            read.uses_itself = read.uses_itself || script_.reads[i].name == read.name;
        if (read.op == "=" || read.op == ":=") script_.assigned.insert(read.name);
        word.text += kUnknown;
        if (!read.name.empty()) script_.reads.push_back(std::move(read));
    }

    std::string_view text_;
    const Lookup& lookup_;
    Script& script_;
    std::size_t& filled_;  ///< bytes of values that were filled in, all readers together
    const int depth_;
    const bool substituted_;
    bool ok_;
    std::size_t pos_ = 0;
    std::size_t bracket_ = 0;  ///< what find_bracket found last
    int nesting_ = 0;  ///< of $ in $
    int quotes_ = 0;   ///< open double quotes
    std::vector<Open> open_;
    std::vector<PendingHeredoc> heredocs_;
};

/// "#!/bin/bash -e", "#!/usr/bin/env bash"
bool names_shell(std::string_view shebang) {
    for (const auto word : split(trim(shebang.substr(2)), ' ')) {
        if (word.starts_with('-') || word.ends_with("/env") || word.empty()) continue;
        return is_shell(word);
    }
    return false;
}

}  // namespace

std::optional<Script> read_script(std::string_view text, const Lookup& lookup) {
    Script script;
    std::size_t filled = 0;
    if (!Reader(text, lookup, script, filled, 0, false).run(false)) return std::nullopt;
    std::erase_if(script.commands, [](const ShellCommand& command) {
        return command.words.empty() && command.assignments.empty();
    });
    return script;
}

std::optional<Script> read_script(const Run& run, std::span<const std::string> shell,
                                  const Lookup& lookup) {
    if (run.command.exec_form) {
        const auto& args = run.command.args;
        if (args.size() == 3 && is_shell(args[0]) && args[1].starts_with('-') &&
            args[1].ends_with('c'))
            return read_script(args[2], lookup);
        Script script;
        ShellCommand command;
        for (const std::string& arg : args) command.words.push_back({arg, arg, false});
        script.commands.push_back(std::move(command));
        return script;
    }
    if (!shell.empty() && !is_shell(shell.front())) return std::nullopt;
    if (!run.heredoc_only)
        return read_script(with_heredocs(run.command.shell, run.heredocs), lookup);
    const std::string& body = run.heredocs.front().body;
    if (body.starts_with("#!") && !names_shell(body.substr(0, body.find('\n'))))
        return std::nullopt;
    return read_script(body, lookup);
}

std::span<const ShellWord> without_wrappers(const ShellCommand& command) {
    std::span<const ShellWord> words = command.words;
    static constexpr std::array<std::string_view, 9> kWrappers = {
        "sudo", "env", "nice", "exec", "command", "nohup", "time", "timeout", "ionice"};
    while (!words.empty() && words.front().is_known() && is_one_of(words.front().text, kWrappers)) {
        const std::string wrapper = words.front().text;
        words = words.subspan(1);
        while (!words.empty() &&
               (words.front().text.starts_with('-') ||
                (wrapper == "env" && words.front().text.find('=') != std::string::npos) ||
                (wrapper == "sudo" && words.front().text.find('=') != std::string::npos))) {
            static constexpr std::array<std::string_view, 8> kWithValue = {
                "-u", "-g", "-n", "-k", "-s", "-c", "--user", "--adjustment"};
            const bool has_value = is_one_of(words.front().text, kWithValue) &&
                                   !(wrapper == "sudo" && words.front().text == "-n");
            words = words.subspan(std::min<std::size_t>(has_value ? 2 : 1, words.size()));
        }
        if (wrapper == "timeout" && !words.empty()) words = words.subspan(1);
    }
    return words;
}

std::string program_name(std::span<const ShellWord> words) {
    if (words.empty() || !words.front().is_known()) return "";
    const std::string& path = words.front().text;
    return path.substr(path.rfind('/') + 1);
}

}  // namespace slipway::dockerfile::lint
