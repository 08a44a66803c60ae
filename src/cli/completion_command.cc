// slipway completion SHELL, and the hidden command that its scripts ask.
#include "base/text.h"
#include "cli/command.h"
#include "cli/completion.h"
#include "cli/stack_words.h"
#include "os/file.h"

#include <map>

namespace slipway::cli {

namespace {

constexpr std::string_view kBash =
    R"sh(# bash completion for slipway: source <(slipway completion bash)
_slipway() {
    local words=("${COMP_WORDS[@]:1:COMP_CWORD}") line files= current
    # bash splits words at '=' and ':'; put them together again.
    local text=${COMP_LINE:0:COMP_POINT}
    read -ra words <<<"$text"
    [[ $text == *' ' ]] && words+=('')
    current=${words[-1]}
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
            :files) files=1 ;;
            *) COMPREPLY+=("${line%%$'\t'*}") ;;
        esac
    done < <("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)
    if [[ -n $files ]]; then
        compopt -o filenames 2>/dev/null
        [[ $current == --*=* ]] && current=${current#*=}
        while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$current")
    fi
    # What stands before the last ':' or '=' is there already.
    local typed=${words[-1]} i
    if [[ $typed == *[:=]* && $COMP_WORDBREAKS == *[:=]* ]]; then
        local lead=${typed%"${typed##*[:=]}"}
        for i in "${!COMPREPLY[@]}"; do COMPREPLY[i]=${COMPREPLY[i]#"$lead"}; done
    fi
}
complete -F _slipway slipway
)sh";

constexpr std::string_view kZsh = R"sh(#compdef slipway
# zsh completion for slipway: source <(slipway completion zsh), or as a file _slipway in the fpath
_slipway() {
    local line files=
    local -a texts shown
    while IFS= read -r line; do
        case $line in
            :files) files=1 ;;
            *) texts+=("${line%%$'\t'*}"); shown+=("${line/$'\t'/  -- }") ;;
        esac
    done < <("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)
    (( $#texts )) && compadd -l -d shown -a texts
    [[ -n $files ]] && { compset -P '--*='; _files }
}
compdef _slipway slipway
)sh";

constexpr std::string_view kFish =
    R"sh(# fish completion for slipway: slipway completion fish | source
function __slipway_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] __complete $words[2..-1] 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c slipway -f -a '(__slipway_complete)'
)sh";

std::vector<std::string> image_names(const Globals& globals) {
    if (!os::path_exists(globals.root)) return {};  // completing makes no store
    std::vector<std::string> names;
    const auto workspace = engine::Workspace::open(globals.root, os::LockMode::kShared);
    if (!workspace) return names;
    const auto images = (*workspace)->names().list();
    if (!images) return names;
    for (const auto& image : *images) names.push_back(image.name);
    return names;
}

}  // namespace

void add_completion_command(CLI::App& app, Globals& globals, Action& action) {
    static const std::map<std::string, std::string_view> kScripts = {
        {"bash", kBash}, {"fish", kFish}, {"zsh", kZsh}};
    auto shell = std::make_shared<std::string>();
    auto* command = app.add_subcommand("completion", "Print a shell's completion script");
    command->footer(
        "Examples:\n"
        "  source <(slipway completion bash)\n"
        "  slipway completion zsh > \"${fpath[1]}/_slipway\"\n"
        "  slipway completion fish | source\n");
    command->add_option("SHELL", *shell, "The shell")->required()->type_name("bash|fish|zsh");
    command->callback([&action, shell] {
        action = [shell] {
            const auto script = kScripts.find(*shell);
            if (script == kScripts.end()) {
                return report(make_error(ErrorCode::kUsage, "no completion for shell '{}'", *shell)
                                  .hint("bash, fish and zsh have one"));
            }
            print(trim(script->second));
            return 0;
        };
    });

    auto* asked = app.add_subcommand("__complete", "")->group("");
    asked->prefix_command();
    asked->set_help_flag();
    asked->callback([&app, &globals, &action, asked] {
        action = [&app, &globals, words = asked->remaining()] {
            const auto completion = complete(
                app, words, [&globals] { return image_names(globals); },
                [&words] { return stack_words(words); });
            for (const auto& candidate : completion.candidates) {
                print(candidate.help.empty() ? candidate.text
                                             : candidate.text + "\t" + candidate.help);
            }
            if (completion.files) print(":files");
            return 0;
        };
    });
}

}  // namespace slipway::cli
