#include "os/standard_input.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace slipway::os {

Result<Fd> open_standard_input() {
    const int fd = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    const int saved_errno = errno;
    if (fd < 0) return Error::from_errno(saved_errno, "cannot read standard input");
    return Fd(fd);
}

}  // namespace slipway::os
