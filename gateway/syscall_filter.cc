#include "gateway/syscall_filter.h"

#include <seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

#include "absl/strings/str_cat.h"
#include "base/check.h"

namespace jvpn {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

// What the C library and the compiler's runtime need, and the packet devices: AF_PACKET and AF_XDP
// (sendto, poll), TAP (readv, writev), their link state (ioctl on a datagram socket).
constexpr int kWorkerCalls[] = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendto),
    SCMP_SYS(sendmsg),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(ioctl),
    SCMP_SYS(close),
    SCMP_SYS(nanosleep),
    SCMP_SYS(sched_yield),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(futex),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(tgkill),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(getrandom),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(prctl),
    SCMP_SYS(getcpu),
    SCMP_SYS(sched_getaffinity),
};
// The control loop, its admin socket, the audit log, and the end: devices are closed, files
// removed.
constexpr int kGatewayCalls[] = {
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_create1),
    SCMP_SYS(accept4),
    SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt),
    SCMP_SYS(shutdown),
    SCMP_SYS(getsockname),
    SCMP_SYS(openat),
    SCMP_SYS(open),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(statx),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(getcwd),
    SCMP_SYS(getdents64),
    SCMP_SYS(lseek),
    SCMP_SYS(pread64),
    SCMP_SYS(pwrite64),
    SCMP_SYS(fcntl),
    SCMP_SYS(flock),
    SCMP_SYS(fsync),
    SCMP_SYS(fdatasync),
    SCMP_SYS(ftruncate),
    SCMP_SYS(fallocate),
    SCMP_SYS(rename),
    SCMP_SYS(renameat2),
    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),
    SCMP_SYS(rmdir),
    SCMP_SYS(fchmod),
    SCMP_SYS(eventfd2),
    SCMP_SYS(timerfd_settime),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(uname),
    SCMP_SYS(sysinfo),
    SCMP_SYS(getrusage),
    SCMP_SYS(prlimit64),
    SCMP_SYS(sched_setaffinity),
    SCMP_SYS(dup),
    SCMP_SYS(bind),
    SCMP_SYS(pipe2),
    // A worker narrows itself after this.
    SCMP_SYS(seccomp),
    SCMP_SYS(capset),
};
constexpr int kIntruderCalls[] = {
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(setns),
    SCMP_SYS(unshare),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(personality),
};

class Filter {
 public:
  Filter() : context_(seccomp_init(SCMP_ACT_ERRNO(EPERM)), &seccomp_release) {
    if (context_ == nullptr) error_ = -ENOMEM;
  }

  void Allow(std::span<const int> calls) {
    for (const int call : calls) Add(seccomp_rule_add(context_.get(), SCMP_ACT_ALLOW, call, 0));
  }
  void Kill(std::span<const int> calls) {
    for (const int call : calls) {
      Add(seccomp_rule_add(context_.get(), SCMP_ACT_KILL_PROCESS, call, 0));
    }
  }
  // Pages that can be run are those of the program, mapped before.
  void AllowMemoryButNoCode() {
    const scmp_arg_cmp no_code{2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0};
    for (const int call : {SCMP_SYS(mmap), SCMP_SYS(mprotect)}) {
      Add(seccomp_rule_add_array(context_.get(), SCMP_ACT_ALLOW, call, 1, &no_code));
    }
  }
  // For ioctl and netlink of the devices that are open; no connection leaves.
  void AllowDatagramSockets() {
    constexpr std::uint64_t kTypeBits = 0xf;  // the rest are flags
    for (const std::uint64_t type : {SOCK_DGRAM, SOCK_RAW}) {
      const scmp_arg_cmp is_type{1, SCMP_CMP_MASKED_EQ, kTypeBits, type};
      Add(seccomp_rule_add_array(context_.get(), SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, &is_type));
    }
  }
  absl::Status Load(bool all_threads) {
    if (all_threads) Add(seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_TSYNC, 1));
    if (error_ == 0) error_ = seccomp_load(context_.get());
    if (error_ == 0) return absl::OkStatus();
    return absl::FailedPreconditionError(
        absl::StrCat("the kernel takes no system call filter: ", std::strerror(-error_),
                     "; it needs CONFIG_SECCOMP_FILTER"));
  }

 private:
  void Add(int result) {
    if (error_ == 0 && result != 0) error_ = result;
  }

  std::unique_ptr<void, decltype(&seccomp_release)> context_;
  int error_ = 0;
};

}  // namespace

bool HasSyscallFilter() { return !kSanitized; }

absl::Status FilterGateway() {
  if (kSanitized) return absl::OkStatus();
  Filter filter;
  filter.Allow(kWorkerCalls);
  filter.Allow(kGatewayCalls);
  filter.AllowMemoryButNoCode();
  filter.AllowDatagramSockets();
  filter.Kill(kIntruderCalls);
  return filter.Load(/*all_threads=*/true);
}

void FilterWorker() {
  if (kSanitized) return;
  Filter filter;
  filter.Allow(kWorkerCalls);
  filter.AllowMemoryButNoCode();
  filter.AllowDatagramSockets();
  filter.Kill(kIntruderCalls);
  CHECK(filter.Load(/*all_threads=*/false).ok());
}

}  // namespace jvpn
