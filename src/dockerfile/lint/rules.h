// The lint rules: those of the reference frontend by their names, and ours. Each has a page,
// docs/rules/<Name>.md.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace slipway::dockerfile::lint {

/// In the order of all_rules(): the reference's first.
enum class Rule {
    kStageNameCasing,
    kFromAsCasing,
    kNoEmptyContinuation,
    kConsistentInstructionCasing,
    kDuplicateStageName,
    kReservedStageName,
    kJSONArgsRecommended,
    kMaintainerDeprecated,
    kUndefinedArgInFrom,
    kWorkdirRelativePath,
    kUndefinedVar,
    kMultipleInstructionsDisallowed,
    kLegacyKeyValueFormat,
    kInvalidBaseImagePlatform,
    kRedundantTargetPlatform,
    kSecretsUsedInArgOrEnv,
    kInvalidDefaultArgInFrom,
    kFromPlatformFlagConstDisallowed,
    kCopyIgnoredFile,
    kInvalidDefinitionDescription,
    kExposeProtoCasing,
    kExposeInvalidFormat,
    kMalformedJSONForm,
    kIgnoredFlag,
    kUndeclaredArgInRun,
    kBooleanArgPresenceTest,
    kCacheMountMissesToolHome,
    kUnboundedMakeJobs,
    kRecursiveChangeDuplicatesFiles,
    kVolatileArgTooEarly,
    kDownloadWithoutChecksum,
};

/// A warning is of the reference: it counts for `error=true` and for the exit code of a check. A
/// note is ours and does not: what passes there passes here.
enum class Level { kWarning, kNote };
std::string_view to_string(Level level);  ///< "warning", "note"

/// Reported always, or only when `experimental=` names the rule.
enum class Stability { kStable, kExperimental };

struct RuleInfo {
    Rule rule;
    std::string_view name;
    std::string_view description;  ///< one sentence
    Level level = Level::kWarning;
    Stability stability = Stability::kStable;
};

std::span<const RuleInfo> all_rules();
const RuleInfo& info(Rule rule);

/// Where to read more: the reference's page for its rules ("" for the one that has none), the path
/// of ours in the source tree for the others.
std::string url(Rule rule);

}  // namespace slipway::dockerfile::lint
