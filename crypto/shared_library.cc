#include "crypto/shared_library.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace jvpn {
namespace {

// Without RTLD_DEEPBIND the copy's calls between its own exported functions would end in another
// copy, if the process holds one globally. The sanitizers' runtimes refuse the flag.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kOwnSymbolsFirst = 0;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr int kOwnSymbolsFirst = 0;
#else
constexpr int kOwnSymbolsFirst = RTLD_DEEPBIND;
#endif
#else
constexpr int kOwnSymbolsFirst = RTLD_DEEPBIND;
#endif

const link_map* LinkMap(void* handle) {
  link_map* map = nullptr;
  return dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 ? map : nullptr;
}

absl::Status Failed(const std::string& what) {
  return absl::UnavailableError(absl::StrCat(what, ": ", std::strerror(errno)));
}

// Copies a whole file; both ends are open.
absl::Status CopyAll(int from, int to) {
  struct stat info {};
  if (fstat(from, &info) != 0) return Failed("fstat");
  for (off_t done = 0; done < info.st_size;) {
    const ssize_t n = sendfile(to, from, &done, static_cast<std::size_t>(info.st_size - done));
    if (n < 0 && errno != EINTR) return Failed("sendfile");
    if (n == 0) return absl::UnavailableError("the file shrank while it was copied");
  }
  return absl::OkStatus();
}

absl::StatusOr<int> CopyToMemoryFile(const char* path) {
  const int source = open(path, O_RDONLY | O_CLOEXEC);
  if (source < 0) return Failed(absl::StrCat("open ", path));
  const int memory = memfd_create("jvpn-library", MFD_CLOEXEC);
  const absl::Status status = memory < 0 ? Failed("memfd_create") : CopyAll(source, memory);
  close(source);
  if (status.ok()) return memory;
  if (memory >= 0) close(memory);
  return status;
}

absl::Status LoaderFailed(const std::string& soname) {
  const char* const reason = dlerror();
  return absl::UnavailableError(
      absl::StrCat("cannot load ", soname, ": ", reason == nullptr ? "unknown" : reason));
}

}  // namespace

absl::StatusOr<SharedLibrary> SharedLibrary::Load(const std::string& soname, Copy copy) {
  void* const process = dlopen(soname.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (process == nullptr) return LoaderFailed(soname);
  SharedLibrary shared(process, -1);
  if (copy == Copy::kProcess) return shared;

  const link_map* const map = LinkMap(process);
  if (map == nullptr) return LoaderFailed(soname);
  const absl::StatusOr<int> file = CopyToMemoryFile(map->l_name);
  if (!file.ok()) return file.status();
  const std::string name = absl::StrCat("/proc/self/fd/", *file);
  void* const own = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL | kOwnSymbolsFirst);
  if (own == nullptr) {
    absl::Status status = LoaderFailed(soname);
    close(*file);
    return status;
  }
  return SharedLibrary(own, *file);
}

SharedLibrary::SharedLibrary(SharedLibrary&& from) noexcept
    : handle_(std::exchange(from.handle_, nullptr)), file_(std::exchange(from.file_, -1)) {}

SharedLibrary::~SharedLibrary() {
  if (handle_ != nullptr) dlclose(handle_);
  if (file_ >= 0) close(file_);
}

void* SharedLibrary::Symbol(const char* name) const { return dlsym(handle_, name); }

bool SharedLibrary::Holds(const void* address) const {
  const link_map* const map = LinkMap(handle_);
  Dl_info info{};
  link_map* found = nullptr;
  return map != nullptr &&
         dladdr1(address, &info, reinterpret_cast<void**>(&found), RTLD_DL_LINKMAP) != 0 &&
         found == map;
}

}  // namespace jvpn
