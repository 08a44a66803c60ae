// What the reader of shell text makes of the scripts that Dockerfiles hold.
#include "dockerfile/lint/shell.h"

#include "base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace slipway::dockerfile::lint {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

const std::map<std::string, std::string, std::less<>> kVariables = {{"HOME", "/root"},
                                                                    {"DIR", "/opt/venv"}};

std::optional<std::string> look_up(std::string_view name) {
    const auto found = kVariables.find(name);
    return found == kVariables.end() ? std::nullopt : std::optional(found->second);
}

std::string shown(const ShellWord& word) {
    std::string text = word.text;
    for (char& c : text) {
        if (c == kUnknown) c = '?';
    }
    return text;
}

/// Each command as its words with '|' between them, "?" for what is not known.
std::vector<std::string> commands(const std::string& text) {
    const auto script = read_script(text, look_up);
    if (!script) return {"not understood"};
    std::vector<std::string> all;
    for (const ShellCommand& command : script->commands) {
        std::vector<std::string> words;
        for (const auto& [name, value] : command.assignments)
            words.push_back(name + "=" + shown(value));
        for (const ShellWord& word : command.words) words.push_back(shown(word));
        all.push_back(join(words, "|"));
    }
    return all;
}

struct Case {
    const char* name;
    std::string text;
    std::vector<std::string> commands;
};
void PrintTo(const Case& one, std::ostream* out) {
    *out << one.name;
}

class Shell : public ::testing::TestWithParam<Case> {};

TEST_P(Shell, FindsTheCommands) {
    EXPECT_EQ(commands(GetParam().text), GetParam().commands) << GetParam().text;
}

const std::vector<std::string> kNot = {"not understood"};

const std::vector<Case> kCases = {
    {"Nothing", "", {}},
    {"Words", "apt-get install -y  gcc", {"apt-get|install|-y|gcc"}},
    {"Lists", "a && b || c; d & e | f", {"a", "b", "c", "d", "e", "f"}},
    {"Lines", "a\nb \\\n  c\n\nd", {"a", "b|c", "d"}},
    {"Comments", "a # b && c\nd #e\n# f\ng#h", {"a", "d", "g#h"}},
    {"Quotes", R"(echo 'a  b' "c d"e\ f "x\"y\z")", {"echo|a  b|c de f|x\"y\\z"}},
    {"EmptyWord", "a '' \"\"", {"a||"}},
    {"Assignments", "A=1 B='2 3' make -j", {"A=1|B=2 3|make|-j"}},
    {"MereAssignment", "A=1; B=; a", {"A=1", "B=", "a"}},
    {"Array", "A=(b c \"d e\")\nf", {"A=?", "f"}},
    {"KnownVariables",
     "chown -R u $DIR \"${DIR}/x\" ~/y",
     {"chown|-R|u|/opt/venv|/opt/venv/x|/root/y"}},
    {"UnknownVariables", "make -j$N $1 \"$@\" ~bob/x", {"make|-j?|?|?|?bob/x"}},
    {"AssignedVariablesAreNotKnown", "DIR=/x; rm $DIR", {"DIR=/x", "rm|?"}},
    {"Substitution", "make -j$(nproc) all", {"make|-j?|all", "nproc"}},
    {"SubstitutionInQuotes", "echo \"$(cat \"a b\" | wc -l)\" c", {"echo|?|c", "cat|a b", "wc|-l"}},
    {"Backticks", "make -j `nproc`", {"make|-j|?", "nproc"}},
    {"NestedBackticks", "a `b \\`c\\``", {"a|?", "b|?", "c"}},
    {"Arithmetic", "make -j$((N / 2)) && ((i++))", {"make|-j?"}},
    {"Modifiers", "a ${B:-$(c)} ${D:+\"e}\"} ${F//x/y}", {"a|?|?|?", "c"}},
    {"QuoteInADefault", "a \"${B:-it's}\" c", {"a|?|c"}},
    {"If",
     "if [ -f x ]; then a; elif ! b; then c; else d; fi && e",
     {"[|-f|x|]", "a", "b", "c", "d", "e"}},
    {"For", "for i in 1 2 $(seq 3); do make -C $i; done", {"seq|3", "make|-C|?"}},
    {"ForWithoutAList", "for i; do a; done", {"a"}},
    {"ForOverNumbers", "for ((i = 0; i < 3; i++)); do a; done", {"a"}},
    {"While", "while read -r l; do a; done < f", {"read|-r|l", "a"}},
    {"Case",
     "case \"$A\" in amd64|x86) a ;; (arm64) b; c ;; *) d; esac; e",
     {"a", "b", "c", "d", "e"}},
    {"CaseOverLines",
     "case $A in\n  # none\n  a)\n    b\n    ;;\n  *)\n    c\n    ;;\nesac\nd",
     {"b", "c", "d"}},
    {"CaseInASubstitution", "x=$(case a in a) b;; esac)", {"x=?", "b"}},
    {"Groups", "(a; b) && { c; d; }", {"a", "b", "c", "d"}},
    {"Functions", "f() { a; }\nfunction g { b; }\nf", {"a", "b", "f"}},
    {"Conditions", "[[ $A =~ ^(x|y)$ && -n \"$B\" ]] || a", {"a"}},
    {"Redirections", "a >b 2>&1 <c >>/dev/null 2>/dev/null | d &>e", {"a", "d"}},
    {"ProcessSubstitution", "diff <(a b) >(c)", {"diff|?|?", "a|b", "c"}},
    {"HereString", "cat <<<'a b' && c", {"cat", "c"}},
    {"Heredoc", "cat <<E >f && a\n$(b)\nnot a command\nE\nc", {"cat", "a", "b", "c"}},
    {"QuotedHeredoc", "cat <<'E'\n$(b)\nE\nc", {"cat", "c"}},
    {"HeredocWithTabs", "cat <<-E\n\ta\n\tE\nc", {"cat", "c"}},
    {"TwoHeredocs", "a <<X b <<Y\n1\nX\n2\nY\nc", {"a|b", "c"}},
    {"HeredocForAShell", "bash -e <<'E'\na && b\nE\n", {"bash|-e", "a", "b"}},
    {"InnerScript", "bash -lc 'a && b' && c", {"bash|-lc|a && b", "a", "b", "c"}},
    {"LoneEscape", "a \\", {"a|"}},
    {"OpenSingleQuote", "a 'b", kNot},
    {"OpenDoubleQuote", "a \"b", kNot},
    {"OpenSubstitution", "a $(b", kNot},
    {"OpenBraces", "a ${b", kNot},
    {"CloseWithoutOpen", "a )", kNot},
    {"OpenGroup", "(a", kNot},
    {"ExtendedGlob", "a !(b)", kNot},
    {"VeryDeep",
     [] {
         std::string text;
         for (int i = 0; i < 5000; ++i) text += "${a:-$(";
         return text;
     }(),
     kNot},
};

INSTANTIATE_TEST_SUITE_P(Lint, Shell, ::testing::ValuesIn(kCases),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(ShellText, IsNotReadBeyondItsEnd) {
    for (const std::string start :
         {"",    "case ", "case x", "for ", "for i in ", "select ", "function ",
          "[[ ", "a=",    "a=(",    "a <",  "a <<<",     "a <<",    "$(",
          "((",  "${v:-", "`",      "<(",   "f() {",     "( ",      "sh -c "}) {
        for (const std::string open : {"\"", "'", "`", "$(", "${", "$((", "\"$(\"", "\\", "$"})
            EXPECT_NO_THROW(static_cast<void>(read_script(start + open, look_up))) << start << open;
    }
    EXPECT_FALSE(read_script("case \"", look_up));
}

TEST(ShellText, OfAMebibyteIsReadOnce) {
    const auto many = [](std::string_view part) {
        std::string text;
        while (text.size() + part.size() < 1'000'000) text += part;
        return text;
    };
    EXPECT_EQ(read_script(many("a[;"), look_up)->commands.size(), 333'333U);
    EXPECT_EQ(read_script(many("a[;") + "]", look_up)->commands.size(), 333'334U);
    EXPECT_EQ(read_script(many("a[0]=b;"), look_up)->assigned.size(), 1U);
    EXPECT_FALSE(read_script(many("( "), look_up));
    EXPECT_FALSE(read_script(many("$(("), look_up));
    EXPECT_FALSE(read_script(many("`a "), look_up).has_value());
    EXPECT_FALSE(read_script(std::string((1U << 20U) + 1, ' '), look_up)) << "that is too long";
}

TEST(ShellText, MayHaveManyHeredocs) {
    std::string starts = "cat";
    std::string ends;
    for (int i = 0; i < 20'000; ++i) {
        starts += " <<E" + std::to_string(i);
        ends += "$A\nE" + std::to_string(i) + "\n";
    }
    EXPECT_EQ(read_script(starts + "\n" + ends, look_up)->reads.size(), 20'000U);
    EXPECT_TRUE(read_script(starts + "\n" + std::string(500'000, '\n'), look_up)) << "none ends";
    std::string nested;
    for (int i = 0; i < 1000; ++i) nested += "sh <<E" + std::to_string(i) + "\n";
    EXPECT_FALSE(read_script(nested, look_up)) << "deeper than it follows";
}

TEST(ShellReads, TellNameAndOperator) {
    const auto script = read_script(
        "a $A ${B} ${C:-1} ${D:+--d} ${E+--e=$E} '$F' \"$G\" $((H + 1)) ${#I}", look_up);
    ASSERT_TRUE(script);
    std::vector<std::string> reads;
    for (const auto& read : script->reads)
        reads.push_back(read.name + read.op + (read.uses_itself ? " itself" : ""));
    EXPECT_THAT(reads,
                UnorderedElementsAre("A", "B", "C:-", "D:+", "E", "E+ itself", "G", "H", "I"));
}

TEST(ShellReads, ReachIntoHeredocsAndInnerScripts) {
    const auto script = read_script("sh -c 'echo $A'; cat <<E\n$B\nE\ncat <<'E'\n$C\nE\n", look_up);
    ASSERT_TRUE(script);
    std::vector<std::string> names;
    for (const auto& read : script->reads) names.push_back(read.name);
    EXPECT_THAT(names, UnorderedElementsAre("A", "B"));
}

TEST(ShellAssignments, AreFoundWhereverTheyStand) {
    const auto script = read_script(
        "A=1; export B=2 C; read -r D; for E in x; do :; done; F=1 make; printf -v G x; : ${H:=1}",
        look_up);
    ASSERT_TRUE(script);
    EXPECT_THAT(script->assigned, ElementsAre("A", "B", "C", "D", "E", "F", "G", "H"));
    EXPECT_FALSE(script->sources_others);
    EXPECT_TRUE(read_script(". /etc/os-release", look_up)->sources_others);
    EXPECT_TRUE(read_script("source x && a", look_up)->sources_others);
    EXPECT_TRUE(read_script("eval \"$(a)\"", look_up)->sources_others);
}

TEST(ShellCommands, KnowWhereTheirOutputGoes) {
    const auto script = read_script("a | b >f; c=$(d); e >/dev/null 2>&1", look_up);
    ASSERT_TRUE(script);
    ASSERT_EQ(script->commands.size(), 5U);
    EXPECT_TRUE(script->commands[0].into_pipe);
    EXPECT_TRUE(script->commands[1].into_file);
    EXPECT_TRUE(script->commands[3].substituted);
    EXPECT_FALSE(script->commands[4].into_file);
}

TEST(ShellCommands, AreFoundBehindWrappers) {
    const auto program = [](const char* text) {
        const auto script = read_script(text, look_up);
        return script ? program_name(without_wrappers(script->commands.at(0))) : "?";
    };
    EXPECT_EQ(program("sudo -E -u root /usr/bin/make -j"), "make");
    EXPECT_EQ(program("env -u X A=1 B=2 make"), "make");
    EXPECT_EQ(program("timeout -k 5 60 nice -n 10 curl x"), "curl");
    EXPECT_EQ(program("$X make"), "");
    EXPECT_EQ(program("env"), "");
}

std::optional<Script> script_of(const std::string& run, std::vector<std::string> shell = {}) {
    const auto parsed = parse_instruction(run, "Dockerfile", {1, 1}, '\\');
    if (!parsed) return std::nullopt;
    return read_script(std::get<Run>(parsed->body), shell, look_up);
}

TEST(RunScripts, AreOfShellsOnly) {
    EXPECT_EQ(script_of("RUN a && b")->commands.size(), 2U);
    EXPECT_EQ(script_of("RUN a && b", {"/bin/bash", "-o", "pipefail", "-c"})->commands.size(), 2U);
    EXPECT_FALSE(script_of("RUN a && b", {"powershell", "-Command"}));
    EXPECT_EQ(script_of("RUN [\"a\", \"b\"]")->commands.size(), 1U);
    EXPECT_EQ(script_of("RUN [\"/bin/sh\", \"-c\", \"a && b\"]")->commands.size(), 2U);
    EXPECT_EQ(script_of("RUN <<E\na\nb\nE\n")->commands.size(), 2U);
    EXPECT_EQ(script_of("RUN <<E\n#!/usr/bin/env -S bash -e\na\nb\nE\n")->commands.size(), 2U);
    EXPECT_FALSE(script_of("RUN <<E\n#!/usr/bin/env python3\nprint(1)\nE\n"));
    EXPECT_EQ(script_of("RUN python3 <<E && b\nprint(1)\nE\n")->commands.size(), 2U);
}

}  // namespace
}  // namespace slipway::dockerfile::lint
