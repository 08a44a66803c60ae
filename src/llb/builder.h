// Makes build graphs. Vertices are collected first and marshalled together at the end, so that what
// is known late (the paths that a build needs of its context) can still be filled in. The bytes are
// those that BuildKit's own client would write for the same graph (docs/formats/llb.md).
#pragma once

#include "llb/graph.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace slipway::llb {

/// The first output of a vertex in a Builder; when default-made, scratch: the empty file system, no
/// vertex.
class Ref {
  public:
    Ref() = default;
    [[nodiscard]] bool is_scratch() const { return index_ < 0; }
    bool operator==(const Ref&) const = default;

  private:
    friend class Builder;
    explicit Ref(int index) : index_(index) {}
    int index_ = -1;
};

/// Lines of a source file, last included. Without `first`: it is known that the vertex comes from
/// the file, not where.
struct Place {
    int file = 0;  ///< as Builder::add_file returned it
    int first = 0;
    int last = 0;
};

/// What is said about a vertex besides its operation; not part of its digest.
struct About {
    std::map<std::string, std::string> description = {};
    bool ignore_cache = false;
    std::optional<pb::ProgressGroup> progress_group = {};
    std::optional<Place> place = {};

    /// The name that people see.
    About& named(std::string name) & {
        description.insert_or_assign("llb.customname", std::move(name));
        return *this;
    }
    About&& named(std::string name) && { return std::move(named(std::move(name))); }
};

struct SourceSpec {
    std::string identifier = {};
    std::map<std::string, std::string> attrs = {};
    pb::Platform platform = {};  ///< dropped from the op where the source does not depend on it
};

/// A mount besides the root.
struct MountSpec {
    enum class Kind { kBind, kCache, kTmpfs };
    Kind kind = Kind::kBind;
    Ref source = {};
    std::string target = {};
    std::string selector = {};
    bool readonly = false;
    bool discard = false;  ///< writable, but what is written is thrown away
    std::string cache_id = {};
    pb::CacheSharingOpt sharing = pb::SHARED;
    std::int64_t tmpfs_size = 0;
};

struct SecretSpec {
    std::string id = {};
    std::optional<std::string> target = {};  ///< as a file
    std::optional<std::string> env = {};     ///< as a variable
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::uint32_t mode = 0400;
    bool optional = false;
};

/// The socket of an SSH agent.
struct SshSpec {
    std::string id = {};
    std::optional<std::string> target = {};  ///< nothing: a place of its own
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::uint32_t mode = 0600;
    bool optional = false;
};

/// A device by its CDI name.
struct DeviceSpec {
    std::string name = {};
    bool optional = false;
};

struct ExecSpec {
    Ref root = {};
    pb::Meta meta = {};
    pb::NetMode network = pb::UNSET;
    pb::SecurityMode security = pb::SANDBOX;
    std::vector<MountSpec> mounts = {};
    std::vector<SecretSpec> secrets = {};
    std::vector<SshSpec> ssh = {};  ///< the first is SSH_AUTH_SOCK, unless that is set
    std::vector<DeviceSpec> devices = {};
    pb::Platform platform = {};
};

/// One file action: the oneof of `action` is the caller's; numbers of inputs and outputs, also
/// those of owners given by name, are the builder's.
struct FileStep {
    pb::FileAction action = {};
    Ref source = {};  ///< of a copy
};

struct FileSpec {
    Ref base = {};
    std::vector<FileStep> steps = {};
};

class Builder {
  public:
    int add_file(std::string name, std::string text, std::string language);

    Ref source(SourceSpec spec, About about);
    Ref exec(ExecSpec spec, About about);
    Ref file(FileSpec spec, About about);
    /// The layers of `inputs` over each other; scratch ones are left out, a single one is returned
    /// as it is.
    Ref merge(const std::vector<Ref>& inputs, About about);

    /// Bytes of the operations so far, about.
    [[nodiscard]] std::size_t size() const { return size_; }

    /// Sets an attribute of a source vertex made before.
    void set_attribute(Ref source, const std::string& name, std::string value);

    /// The graph that makes `output`; empty for scratch. Vertices it does not need are left out,
    /// equal ones become one.
    [[nodiscard]] pb::Definition marshal(Ref output) const;

  private:
    struct MergeSpec {
        std::vector<Ref> inputs;
    };
    struct Draft {
        std::variant<SourceSpec, ExecSpec, FileSpec, MergeSpec> spec;
        About about;
    };
    struct File {
        std::string name;
        std::string text;
        std::string language;
    };
    class Marshalling;

    Ref add(Draft draft);

    std::vector<Draft> drafts_;  ///< inputs before their users
    std::vector<File> files_;
    std::size_t size_ = 0;
};

/// JSON text of a list, as list-valued attributes hold it.
std::string json_list(const std::vector<std::string>& values);

}  // namespace slipway::llb
