#include "dockerfile/lint/rules.h"

#include <array>
#include <cctype>
#include <cstddef>

namespace slipway::dockerfile::lint {

namespace {

constexpr std::array kRules = {
    RuleInfo{Rule::kStageNameCasing, "StageNameCasing", "Names of stages are written in lowercase"},
    RuleInfo{Rule::kFromAsCasing, "FromAsCasing",
             "FROM and AS are written in the same case, both upper or both lower"},
    RuleInfo{Rule::kNoEmptyContinuation, "NoEmptyContinuation",
             "An empty line inside a continued instruction is going to be an error"},
    RuleInfo{Rule::kConsistentInstructionCasing, "ConsistentInstructionCasing",
             "All instructions of a file are written in the same case, all upper or all lower"},
    RuleInfo{Rule::kDuplicateStageName, "DuplicateStageName",
             "Two stages of the same name: only one of them can be meant"},
    RuleInfo{Rule::kReservedStageName, "ReservedStageName",
             "A stage does not take a name that has a meaning of its own"},
    RuleInfo{
        Rule::kJSONArgsRecommended, "JSONArgsRecommended",
        "CMD and ENTRYPOINT in JSON form receive signals; in shell form a shell stands between"},
    RuleInfo{Rule::kMaintainerDeprecated, "MaintainerDeprecated",
             "MAINTAINER is deprecated; a label names the author"},
    RuleInfo{Rule::kUndefinedArgInFrom, "UndefinedArgInFrom",
             "FROM uses only ARGs that are declared before the first FROM"},
    RuleInfo{Rule::kWorkdirRelativePath, "WorkdirRelativePath",
             "A relative WORKDIR without an absolute one before it depends on the base image"},
    RuleInfo{Rule::kUndefinedVar, "UndefinedVar", "Variables are defined before they are used"},
    RuleInfo{Rule::kMultipleInstructionsDisallowed, "MultipleInstructionsDisallowed",
             "Of several CMD, ENTRYPOINT or HEALTHCHECK in a stage only the last one counts"},
    RuleInfo{Rule::kLegacyKeyValueFormat, "LegacyKeyValueFormat",
             "A name and its value are joined by '=', not by a blank"},
    RuleInfo{Rule::kInvalidBaseImagePlatform, "InvalidBaseImagePlatform",
             "The base image is for another platform than the one that is built"},
    RuleInfo{Rule::kRedundantTargetPlatform, "RedundantTargetPlatform",
             "FROM takes the target platform anyway"},
    RuleInfo{Rule::kSecretsUsedInArgOrEnv, "SecretsUsedInArgOrEnv",
             "Secrets do not belong into ARG or ENV: the image and its history show them"},
    RuleInfo{Rule::kInvalidDefaultArgInFrom, "InvalidDefaultArgInFrom",
             "With its ARGs at their defaults, FROM names an image"},
    RuleInfo{Rule::kFromPlatformFlagConstDisallowed, "FromPlatformFlagConstDisallowed",
             "FROM --platform with a constant fits one platform only"},
    RuleInfo{Rule::kCopyIgnoredFile, "CopyIgnoredFile",
             "COPY and ADD cannot find what the ignore file excludes"},
    RuleInfo{Rule::kInvalidDefinitionDescription, "InvalidDefinitionDescription",
             "A comment above ARG or FROM that describes it begins with its name; a line with "
             "only '#' below sets other comments apart",
             Level::kWarning, Stability::kExperimental},
    RuleInfo{Rule::kExposeProtoCasing, "ExposeProtoCasing",
             "The protocol in EXPOSE is written in lowercase"},
    RuleInfo{Rule::kExposeInvalidFormat, "ExposeInvalidFormat",
             "EXPOSE names ports of the container, no address or port of a host; that is going to "
             "be an error"},
    RuleInfo{Rule::kMalformedJSONForm, "MalformedJSONForm",
             "What looks like the JSON form but is no valid JSON is read as plain text",
             Level::kNote},
    RuleInfo{Rule::kIgnoredFlag, "IgnoredFlag", "A flag that the instruction does not look at",
             Level::kNote},
    RuleInfo{Rule::kUndeclaredArgInRun, "UndeclaredArgInRun",
             "RUN reads an ARG that its stage does not declare: it is empty there", Level::kNote},
    RuleInfo{Rule::kBooleanArgPresenceTest, "BooleanArgPresenceTest",
             "${ARG:+word} is true for every value that is not empty, 'false' and '0' too",
             Level::kNote},
    RuleInfo{Rule::kCacheMountMissesToolHome, "CacheMountMissesToolHome",
             "The cache mount is not where the tool keeps its cache", Level::kNote},
    RuleInfo{Rule::kUnboundedMakeJobs, "UnboundedMakeJobs",
             "make -j without a number starts as many jobs as it finds work, until memory is gone",
             Level::kNote},
    RuleInfo{Rule::kRecursiveChangeDuplicatesFiles, "RecursiveChangeDuplicatesFiles",
             "chown -R or chmod -R stores the files of earlier layers a second time", Level::kNote},
    RuleInfo{Rule::kVolatileArgTooEarly, "VolatileArgTooEarly",
             "An ARG that is another one in every build makes all RUN steps below it run again",
             Level::kNote},
    RuleInfo{Rule::kDownloadWithoutChecksum, "DownloadWithoutChecksum",
             "What RUN downloads is not compared with a checksum", Level::kNote},
};

constexpr std::size_t kFirstOfOurs = static_cast<std::size_t>(Rule::kMalformedJSONForm);

constexpr bool is_in_order() {
    for (std::size_t i = 0; i < kRules.size(); ++i) {
        if (static_cast<std::size_t>(kRules[i].rule) != i) return false;
    }
    return true;
}
static_assert(is_in_order());

/// "JSONArgsRecommended" becomes "json-args-recommended".
std::string kebab(std::string_view name) {
    const auto is_upper = [&](std::size_t i) {
        return i < name.size() && std::isupper(static_cast<unsigned char>(name[i])) != 0;
    };
    std::string text;
    for (std::size_t i = 0; i < name.size(); ++i) {
        const bool starts = is_upper(i) && (!is_upper(i - 1) || !is_upper(i + 1));
        if (i > 0 && starts) text += '-';
        text += static_cast<char>(std::tolower(static_cast<unsigned char>(name[i])));
    }
    return text;
}

}  // namespace

std::string_view to_string(Level level) {
    return level == Level::kWarning ? "warning" : "note";
}

std::span<const RuleInfo> all_rules() {
    return kRules;
}

const RuleInfo& info(Rule rule) {
    return kRules[static_cast<std::size_t>(rule)];
}

std::string url(Rule rule) {
    const std::string name(info(rule).name);
    if (rule == Rule::kInvalidBaseImagePlatform) return "";
    if (static_cast<std::size_t>(rule) >= kFirstOfOurs) return "docs/rules/" + name + ".md";
    return "https://docs.docker.com/go/dockerfile/rule/" + kebab(name) + "/";
}

}  // namespace slipway::dockerfile::lint
