#include "cli/completion.h"

#include "base/text.h"

#include <algorithm>
#include <utility>

namespace slipway::cli {

namespace {

bool takes_value(const CLI::Option& option) {
    return option.get_items_expected_max() > 0;
}

/// The option that `word` ("-f", "--file", "--file=x") names, or nothing.
const CLI::Option* find_option(const CLI::App& app, std::string_view word) {
    const std::string name(word.substr(0, word.find('=')));
    for (const auto* option : app.get_options()) {
        if (option->nonpositional() && option->check_name(name)) return option;
    }
    return nullptr;
}

const CLI::App* find_command(const CLI::App& app, const std::string& name) {
    for (const auto* command : app.get_subcommands(nullptr)) {
        if (command->check_name(name)) return command;
    }
    return nullptr;
}

/// "a|b|c" and "a|b[,format=json]" are lists of what can be said.
std::vector<std::string> choices(const std::string& type) {
    std::vector<std::string> found;
    if (type.find('|') == std::string::npos) return found;
    for (const auto part : split(type, '|')) {
        if (part.find_first_of("[]=:,. ") != std::string_view::npos) return {};
        found.emplace_back(part);
    }
    return found;
}

const ExtraWords::Flag* find_extra(const ExtraWords& extra, std::string_view word) {
    const auto found =
        std::ranges::find(extra.flags, word.substr(0, word.find('=')), &ExtraWords::Flag::name);
    return found == extra.flags.end() ? nullptr : &*found;
}

class Completer {
  public:
    Completer(std::string prefix, std::string lead)
        : prefix_(std::move(prefix)), lead_(std::move(lead)) {}

    void offer(const std::string& text, const std::string& help = "") {
        if (!text.starts_with(prefix_)) return;
        result_.candidates.push_back({lead_ + text, help.substr(0, help.find('\n'))});
    }
    void offer_files() { result_.files = true; }

    void offer_values(const CLI::Option& option,
                      const std::function<std::vector<std::string>()>& images) {
        const std::string type = option.get_type_name();
        const auto said = choices(type);
        for (const auto& choice : said) offer(choice);
        if (!said.empty()) return;
        if (option.get_positional() && option.get_name(true) == "IMAGE") {
            for (const auto& name : images()) offer(name);
            return;
        }
        offer_files();
    }

    void offer_values(const ExtraWords::Flag& flag) {
        for (const auto& choice : flag.choices) offer(choice);
        if (flag.choices.empty()) offer_files();
    }

    Completion take() && {
        std::ranges::sort(result_.candidates, {}, &Candidate::text);
        return std::move(result_);
    }

  private:
    std::string prefix_;
    std::string lead_;  ///< "--progress=", which stands before what is completed
    Completion result_;
};

}  // namespace

Completion complete(const CLI::App& app, std::span<const std::string> words,
                    const std::function<std::vector<std::string>()>& images,
                    const std::function<ExtraWords()>& ask_extra) {
    if (words.empty()) return {};
    ExtraWords extra;
    const ExtraWords::Flag* waiting_extra = nullptr;
    const CLI::App* at = &app;
    const CLI::Option* waiting = nullptr;  // the word before is a flag that wants this one
    std::size_t positionals = 0;
    bool only_positionals = false;
    for (const auto& word : words.first(words.size() - 1)) {
        if (waiting != nullptr || waiting_extra != nullptr) {
            waiting = nullptr;
            waiting_extra = nullptr;
        } else if (!only_positionals && word == "--") {
            only_positionals = true;
        } else if (!only_positionals && word.size() > 1 && word.starts_with('-')) {
            const auto* option = find_option(*at, word);
            if (option != nullptr && takes_value(*option) && word.find('=') == std::string::npos)
                waiting = option;
            const auto* flag = option == nullptr ? find_extra(extra, word) : nullptr;
            if (flag != nullptr && flag->takes_value && word.find('=') == std::string::npos)
                waiting_extra = flag;
        } else if (const auto* next = find_command(*at, word);
                   next != nullptr && positionals == 0) {
            at = next;
            if (at->get_allow_extras() && !at->get_prefix_command() && ask_extra)
                extra = ask_extra();
        } else {
            ++positionals;
            // The rest of the line belongs to the program in the container.
            if (at->get_prefix_command()) return {.candidates = {}, .files = true};
        }
    }

    const std::string& word = words.back();
    if (waiting_extra != nullptr) {
        Completer completer(word, "");
        completer.offer_values(*waiting_extra);
        return std::move(completer).take();
    }
    if (waiting != nullptr) {
        Completer completer(word, "");
        completer.offer_values(*waiting, images);
        return std::move(completer).take();
    }
    if (!only_positionals && word.starts_with("--") && word.find('=') != std::string::npos) {
        const auto* option = find_option(*at, word);
        const auto* flag = find_extra(extra, word);
        const auto equals = word.find('=');
        Completer completer(word.substr(equals + 1), word.substr(0, equals + 1));
        if (option == nullptr && flag != nullptr && flag->takes_value) {
            completer.offer_values(*flag);
            return std::move(completer).take();
        }
        if (option == nullptr || !takes_value(*option)) return {};
        completer.offer_values(*option, images);
        return std::move(completer).take();
    }
    Completer completer(word, "");
    if (!only_positionals && word.starts_with('-')) {
        for (const auto* option : at->get_options()) {
            for (const auto& name : option->get_lnames())
                completer.offer("--" + name, option->get_description());
        }
        for (const auto& flag : extra.flags) completer.offer(flag.name, flag.help);
        return std::move(completer).take();
    }
    for (const auto* command : at->get_subcommands(nullptr)) {
        if (!command->get_group().empty())  // not hidden
            completer.offer(command->get_name(), command->get_description());
    }
    if (at->get_prefix_command()) {
        for (const auto& name : images()) completer.offer(name);
    }
    for (const auto& candidate : extra.words) completer.offer(candidate.text, candidate.help);
    std::size_t index = 0;
    for (const auto* option : at->get_options()) {
        if (!option->get_positional()) continue;
        const bool repeats = option->get_items_expected_max() > 1;
        if (index++ == positionals || (repeats && positionals >= index)) {
            completer.offer_values(*option, images);
            break;
        }
    }
    return std::move(completer).take();
}

}  // namespace slipway::cli
