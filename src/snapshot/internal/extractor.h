// Archives into a draft: image layers (whiteouts, names held inside the layer) and the archives
// that ADD unpacks below a destination (llb-facts 5.4). Hostile archives are the normal case: every
// name is resolved in memory against what this draft knows, and written by os::Dir, which follows
// no links at all.
#pragma once

#include "archive/tar.h"
#include "snapshot/file_ops.h"
#include "snapshot/internal/data_writers.h"
#include "snapshot/internal/draft_tree.h"

#include <map>
#include <optional>
#include <stop_token>
#include <string>

namespace slipway::snapshot {

enum class ArchiveKind {
    kImageLayer,  ///< `.wh.` names count; ".." stops at the root; links lead only through what the
                  ///< layer itself brings
    kAdded,       ///< names are names; ".." above the destination is refused; links lead inside the
                  ///< destination
};

struct ExtractOptions {
    ArchiveKind kind = ArchiveKind::kImageLayer;
    RelPath dest = {};                ///< an existing directory
    std::optional<Owner> owner = {};  ///< for all members, instead of theirs
};

class Extractor {
  public:
    Extractor(DraftTree& tree, ExtractOptions options);
    /// Reads the archive to its end marker. kInvalidInput names the entry that cannot be; kCorrupt;
    /// kCancelled.
    Result<void> extract(archive::TarReader& tar, const std::stop_token& stop);

  private:
    /// Where an entry goes: an owned directory, a name in it, and what is there.
    struct Target {
        DraftNode* parent = nullptr;
        std::string name;
        RelPath path;
        Spot spot;
    };

    /// A parent directory found before; archives bring the entries of one directory together.
    struct KnownParent {
        std::string name;  ///< as the archive spells it
        DraftNode* node = nullptr;
        RelPath path;
        Spot spot;
    };

    Spot start();
    Result<RelPath> inside(std::string_view name) const;
    Result<Target> locate(const RelPath& name, os::Timestamp time);
    Result<Spot> make_parents(const RelPath& path, os::Timestamp time);
    Result<DraftNode*> replace(const Target& target, Entry entry);
    Entry entry_for(const archive::TarEntry& member, const RelPath& path) const;

    Result<void> take(const archive::TarEntry& member, archive::TarReader& tar);
    Result<void> take_dir(const archive::TarEntry& member, const RelPath& name);
    Result<void> take_file(const archive::TarEntry& member, const Target& target,
                           archive::TarReader& tar);
    Result<void> take_node(const archive::TarEntry& member, const Target& target);
    Result<void> take_hardlink(const archive::TarEntry& member, const Target& target);
    Result<void> take_whiteout(const archive::TarEntry& member, const RelPath& name);
    Result<void> copy_from_below(const Located& from, const Target& target, const std::string& key);
    Result<void> settle_whiteouts();
    Result<void> hide_root();

    DraftTree& tree_;
    ExtractOptions options_;
    DataWriters writers_;
    std::optional<KnownParent> parent_;
    /// Whiteouts say what of the layers below is hidden, wherever they stand in the archive: kept
    /// until its end.
    std::map<std::string, bool> whiteouts_;  ///< path -> is it ".wh..wh..opq" of that directory?
    std::map<std::string, DraftNode*>
        from_below_;  ///< hard-linked files of the layers below -> first name here
};

}  // namespace slipway::snapshot
