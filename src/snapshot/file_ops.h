// The file actions of LLB (mkdir, mkfile, symlink, rm, copy) on top of a snapshot, written into a
// layer draft without mounting anything. Semantics: llb-facts section 5. Data of immutable layers
// is hard-linked when owner, mode, times and xattrs stay; reflinked or copied otherwise.
#pragma once

#include "async/thread_pool.h"
#include "snapshot/layer_store.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace slipway::snapshot {

struct Owner {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    bool operator==(const Owner&) const = default;
};

/// Times given to what an action creates; nothing: "now" for mkdir and mkfile, the source's for
/// copies.
using ActionTime = std::optional<os::Timestamp>;

struct CopyOptions {
    Selection source;                   ///< path, wildcard, include, exclude, required
    std::string dest;                   ///< a trailing '/' is kept and means "into this directory"
    std::optional<Owner> owner;         ///< nothing: the source's
    std::optional<std::uint32_t> mode;  ///< octal; applies to files and directories
    std::string symbolic_mode;          ///< "u=rwX,go=rX"; wins over `mode`
    bool dir_copy_contents = false;
    bool create_dest_path = false;
    bool unpack_archives = false;   ///< ADD: a tar among the sources is unpacked
    bool replace_existing = false;  ///< alwaysReplaceExistingDestPaths
    ActionTime time;
};

/// One layer in the making on top of `base`. Actions see the results of earlier ones. Not
/// thread-safe.
class FileEditor {
  public:
    FileEditor(const LayerStore& layers, View base, LayerDraft draft, async::ThreadPool& pool);
    FileEditor(FileEditor&&) noexcept;
    ~FileEditor();

    Result<void> make_dir(std::string_view path, std::uint32_t mode, bool parents, Owner owner,
                          ActionTime time);
    Result<void> make_file(std::string_view path, std::uint32_t mode, std::string_view data,
                           Owner owner, ActionTime time);
    Result<void> make_symlink(const std::string& target, std::string_view path, Owner owner,
                              ActionTime time);
    Result<void> remove(std::string_view path, bool allow_not_found, bool allow_wildcard);
    Result<void> copy(const View& source, const CopyOptions& options, std::stop_token stop = {});

    /// Base and what was written so far, for looking up names in etc/passwd and for the next
    /// action's source.
    [[nodiscard]] Result<View> view() const;
    Result<LayerId> commit();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

struct ResolvedOwner {
    Owner owner;
    bool user_known =
        true;  ///< false: the name is not in etc/passwd, the id stays 0, as BuildKit leaves it
    bool group_known = true;
};
/// Ids of `user` and `group` ("" for the user's primary group) by the view's etc/passwd and
/// etc/group; numbers are taken as they are (group = the user's number when not given).
Result<ResolvedOwner> resolve_owner(const View& view, std::string_view user,
                                    std::string_view group);

}  // namespace slipway::snapshot
