// RUN --device: devices as the Container Device Interface describes them, in files that their
// vendors' tools write (github.com/cncf-tags/container-device-interface).
#pragma once

#include "base/result.h"
#include "exec/container_edits.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::exec {

class CdiRegistry {
  public:
    /// Reads *.json and *.yaml of these directories; a device of a later one replaces the same of
    /// an earlier one. A directory that is missing has none; a file that cannot be read is
    /// remembered for errors.
    static CdiRegistry load(const std::vector<std::string>& directories = {"/etc/cdi",
                                                                           "/var/run/cdi"});

    /// "vendor.com/class=name", sorted.
    [[nodiscard]] std::vector<std::string> names() const;
    /// The devices that a request means: "vendor.com/class=name", "vendor.com/class=*" (all),
    /// "vendor.com/class" (the first), or what the annotation
    /// org.mobyproject.buildkit.device.class says. None when there is none.
    [[nodiscard]] std::vector<std::string> find(std::string_view request) const;
    /// May it be used without being allowed (org.mobyproject.buildkit.device.autoallow)?
    [[nodiscard]] bool allows_itself(const std::string& name) const;
    /// What these devices change in a container: first what their files say for all of their
    /// devices, each file once.
    [[nodiscard]] Result<ContainerEdits> edits(const std::vector<std::string>& names) const;
    /// Why files were left out; "" when none was.
    [[nodiscard]] const std::string& problems() const { return problems_; }

  private:
    struct Device {
        ContainerEdits edits;
        std::map<std::string, std::string> annotations;  ///< its file's, too
        std::size_t file = 0;                            ///< in files_
        std::size_t directory = 0;
        bool ambiguous = false;  ///< two files of one directory have it
    };
    void add_file(const std::string& path, std::string_view text, std::size_t directory);
    Result<void> read_file(const std::string& path, std::string_view text, std::size_t directory);

    std::map<std::string, Device> devices_;
    std::vector<ContainerEdits> files_;
    std::string problems_;
};

}  // namespace slipway::exec
