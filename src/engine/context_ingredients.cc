#include "engine/internal/context_ingredients.h"

#include "engine/internal/step_context.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace slipway::engine {

namespace {

// More would make the records larger than what they explain.
constexpr std::size_t kMostIngredients = 1000;
constexpr std::size_t kDeepest = 16;

std::size_t folders_in(std::string_view path) {
    return static_cast<std::size_t>(std::ranges::count(path, '/'));
}

/// The first `depth` folders of a file's path, or all that there are.
std::string_view folder_at(std::string_view path, std::size_t depth) {
    std::size_t end = 0;
    for (std::size_t at = 0; depth > 0; --depth) {
        const std::size_t slash = path.find('/', at);
        if (slash == std::string_view::npos) break;
        end = slash;
        at = slash + 1;
    }
    return path.substr(0, end);
}

/// How deep folders can be told apart without becoming too many. Files come folder by folder.
std::size_t depth_for(const NamedFiles& files, std::size_t most) {
    std::array<std::size_t, kDeepest + 1> groups{};
    std::string_view before;
    for (const auto& [path, digest] : files) {
        const std::size_t folders = std::min(folders_in(path), kDeepest);
        const auto parted = std::ranges::mismatch(path, before);
        const auto shared =
            std::string_view(path).substr(0, static_cast<std::size_t>(parted.in1 - path.begin()));
        const std::size_t common = folders_in(shared);
        const std::size_t previous = std::min(folders_in(before), kDeepest);
        for (std::size_t depth = 1; depth <= kDeepest; ++depth) {
            const bool same = common >= std::min(depth, folders) &&
                              std::min(depth, folders) == std::min(depth, previous);
            if (!same || before.empty()) ++groups[depth];
        }
        before = path;
    }
    std::size_t depth = kDeepest;
    while (depth > 0 && groups[depth] > most) --depth;
    return depth;
}

}  // namespace

std::vector<solver::Ingredient> name_files(const std::string& label, const NamedFiles& files,
                                           std::size_t most) {
    std::vector<solver::Ingredient> ingredients;
    if (files.size() <= most) {
        for (const auto& [path, digest] : files)
            ingredients.push_back({label + " file '" + path + "'", digest.to_string()});
        return ingredients;
    }
    const std::size_t depth = depth_for(files, most);
    Sha256 hash;
    for (std::size_t i = 0; i < files.size(); ++i) {
        const auto& [path, digest] = files[i];
        hash.field(path).field(digest);
        const std::string_view folder = folder_at(path, depth);
        if (i + 1 < files.size() && folder_at(files[i + 1].first, depth) == folder) continue;
        const std::string where = folder.empty() ? "" : " below '" + std::string(folder) + "'";
        ingredients.push_back({label + " files" + where, hash.finish().to_string()});
    }
    return ingredients;
}

Result<void> add_context_ingredients(ContextSource& context,
                                     const std::vector<snapshot::Selection>& selections,
                                     std::vector<solver::Ingredient>& ingredients,
                                     std::stop_token stop) {
    NamedFiles files;
    SLIPWAY_ASSIGN(const Digest content, context.digest(selections, std::move(stop), &files));
    for (auto& ingredient : name_files(context.label(), files, kMostIngredients))
        ingredients.push_back(std::move(ingredient));
    ingredients.push_back({context.label() + " (names, modes, content)", content.to_string()});
    return {};
}

}  // namespace slipway::engine
