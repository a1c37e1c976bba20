// SharedLibrary: a library loaded at run time, shared with the process or as a copy of our own.
//
// A private copy is the same file under another inode, so the loader gives it a data segment of its
// own: that is what keeps ipsec-mb's process-global error word out of the other workers' cache
// lines (docs/adr/0003). Costs the size of the file in memory. Errors     absl::Status: the library
// is not installed, or memory files are not allowed here.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace jvpn {

class SharedLibrary {
 public:
  enum class Copy : bool { kProcess, kPrivate };

  static absl::StatusOr<SharedLibrary> Load(const std::string& soname, Copy copy);
  SharedLibrary(SharedLibrary&& from) noexcept;
  SharedLibrary(const SharedLibrary&) = delete;
  SharedLibrary& operator=(const SharedLibrary&) = delete;
  ~SharedLibrary();

  // nullptr when the library has no such symbol.
  void* Symbol(const char* name) const;
  template <typename Function>
  Function* Find(const char* name) const {
    return reinterpret_cast<Function*>(Symbol(name));
  }
  // Does the address lie in this very copy?
  bool Holds(const void* address) const;

 private:
  SharedLibrary(void* handle, int file) : handle_(handle), file_(file) {}

  void* handle_;
  // The memory file of a private copy, -1 otherwise. It stays open because its number is in the
  // name under which the loader remembers the library: reuse would hand out the old copy again.
  int file_;
};

}  // namespace jvpn
