//===- SafeTensors.cpp - Tensors in files ---------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The files themselves: reading whole, writing all or nothing.
//===----------------------------------------------------------------------===//
#include "runtime/lib/SafeTensors.h"

#include "runtime/lib/Error.h"

#include <atomic>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

using namespace rnn;
using nlohmann::json;

static_assert(std::endian::native == std::endian::little,
              "the format is little-endian, and data is copied as it is");

static constexpr size_t LengthBytes = 8;
/// The format's own bound of a header, against files that name a length to
/// exhaust memory.
static constexpr uint64_t MaxHeader = 100'000'000;

[[noreturn]] static void systemError(const std::string &Path,
                                     const char *What) {
  throw Error(RNN_ERROR_FILE,
              Path + ": could not " + What + ": " + std::strerror(errno));
}

namespace {
/// A file descriptor that closes itself.
class Descriptor {
public:
  Descriptor(const std::string &Path, int Flags, mode_t Mode = 0)
      : Number(open(Path.c_str(), Flags | O_CLOEXEC, Mode)) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor &) = delete;
  Descriptor &operator=(const Descriptor &) = delete;

  operator int() const { return Number; }
  bool close() {
    const bool Closed = Number < 0 || ::close(Number) == 0;
    Number = -1;
    return Closed;
  }

private:
  int Number;
};
} // namespace

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

static std::vector<char> readBytes(const std::string &Path) {
  const Descriptor File(Path, O_RDONLY);
  if (File < 0)
    systemError(Path, "open");
  struct stat Status;
  if (fstat(File, &Status) != 0)
    systemError(Path, "open");
  if (!S_ISREG(Status.st_mode))
    throw Error(RNN_ERROR_FILE, Path + ": expected a regular file");
  std::vector<char> Bytes(static_cast<size_t>(Status.st_size));
  size_t Done = 0;
  while (Done < Bytes.size()) {
    const ssize_t Got = read(File, Bytes.data() + Done, Bytes.size() - Done);
    if (Got < 0 && errno == EINTR)
      continue;
    if (Got < 0)
      systemError(Path, "read");
    if (Got == 0)
      break;
    Done += static_cast<size_t>(Got);
  }
  Bytes.resize(Done);
  return Bytes;
}

TensorFile rnn::readTensors(const std::string &Path) {
  TensorFile File;
  File.Path = Path;
  File.Bytes = readBytes(Path);
  if (File.Bytes.size() < LengthBytes)
    throw Error(RNN_ERROR_FILE,
                Path +
                    ": expected a safetensors file of 8 bytes or more, got " +
                    std::to_string(File.Bytes.size()) + " bytes");
  uint64_t Length;
  std::memcpy(&Length, File.Bytes.data(), LengthBytes);
  const size_t Rest = File.Bytes.size() - LengthBytes;
  if (Length > MaxHeader)
    throw Error(RNN_ERROR_FILE,
                Path + ": expected a header of at most 100 MB, got " +
                    std::to_string(Length) +
                    " bytes: this is no safetensors file");
  if (Length > Rest)
    throw Error(RNN_ERROR_FILE, Path + ": expected a header of " +
                                    std::to_string(Length) + " bytes, got " +
                                    std::to_string(Rest) +
                                    ": the file is truncated");
  const char *Header = File.Bytes.data() + LengthBytes;
  parseHeader(File, {Header, Length}, Header + Length, Rest - Length);
  return File;
}

bool rnn::isTensorFile(const std::string &Path) {
  const Descriptor File(Path, O_RDONLY);
  struct stat Status;
  if (File < 0 || fstat(File, &Status) != 0)
    return false;
  char Start[LengthBytes + 1];
  if (read(File, Start, sizeof(Start)) != sizeof(Start))
    return false;
  uint64_t Length;
  std::memcpy(&Length, Start, LengthBytes);
  return Start[LengthBytes] == '{' &&
         Length <= static_cast<uint64_t>(Status.st_size) - LengthBytes;
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

static Error givenTwice(const std::string &Path, const std::string &Name) {
  return {RNN_ERROR_FILE,
          Path + ": expected each name once, got '" + Name + "' twice"};
}

static std::string
makeHeader(std::span<const NamedTensor> Tensors,
           const std::map<std::string, std::string> &Metadata,
           const std::string &Path) {
  json Header = json::object();
  if (!Metadata.empty())
    Header["__metadata__"] = Metadata;
  size_t Offset = 0;
  for (const auto &[Name, View] : Tensors) {
    if (Header.contains(Name))
      throw givenTwice(Path, Name);
    const size_t End = Offset + View.bytes();
    Header[Name] = {{"dtype", dtypeName(View.Type)},
                    {"shape", View.Shape},
                    {"data_offsets", {Offset, End}}};
    Offset = End;
  }
  std::string Text = Header.dump();
  // Spaces align the data to 8 bytes, as the format's own writer does.
  Text.append((LengthBytes - Text.size() % LengthBytes) % LengthBytes, ' ');
  return Text;
}

static void writeAll(int File, const std::string &Path, const void *Data,
                     size_t Bytes) {
  const char *Next = static_cast<const char *>(Data);
  while (Bytes > 0) {
    const ssize_t Put = write(File, Next, Bytes);
    if (Put < 0 && errno == EINTR)
      continue;
    if (Put < 0)
      systemError(Path, "write");
    Next += Put;
    Bytes -= static_cast<size_t>(Put);
  }
}

static void writeContents(Descriptor &File, const std::string &Path,
                          const std::string &Header,
                          std::span<const NamedTensor> Tensors) {
  if (File < 0)
    systemError(Path, "create");
  const uint64_t Length = Header.size();
  writeAll(File, Path, &Length, LengthBytes);
  writeAll(File, Path, Header.data(), Header.size());
  for (const auto &[Name, View] : Tensors)
    writeAll(File, Path, View.Data, View.bytes());
}

/// Writes the neighbour `Temporary` of `Path`, which errors speak of.
static void writeFile(const std::string &Temporary, const std::string &Path,
                      const std::string &Header,
                      std::span<const NamedTensor> Tensors) {
  Descriptor File(Temporary, O_WRONLY | O_CREAT | O_EXCL, 0666);
  writeContents(File, Path, Header, Tensors);
  if (fsync(File) != 0 || !File.close())
    systemError(Path, "write");
}

/// A device or a pipe, which must not be replaced by a file.
static bool isSpecial(const std::string &Path) {
  struct stat Status;
  return stat(Path.c_str(), &Status) == 0 && !S_ISREG(Status.st_mode) &&
         !S_ISDIR(Status.st_mode);
}

static void writeSpecial(const std::string &Path, const std::string &Header,
                         std::span<const NamedTensor> Tensors) {
  Descriptor File(Path, O_WRONLY);
  writeContents(File, Path, Header, Tensors);
  if (!File.close())
    systemError(Path, "write");
}

/// Makes a rename last: directories have buffers too.
static void syncFolder(const std::string &Path) {
  const size_t Slash = Path.find_last_of('/');
  const std::string Folder =
      Slash == std::string::npos ? "." : Path.substr(0, Slash + 1);
  const Descriptor File(Folder, O_RDONLY | O_DIRECTORY);
  if (File >= 0)
    fsync(File);
}

static std::string temporaryName(const std::string &Path) {
  static std::atomic<unsigned> Counter;
  return Path + ".tmp." + std::to_string(getpid()) + "." +
         std::to_string(Counter++);
}

void rnn::writeTensors(const std::string &Path,
                       std::span<const NamedTensor> Tensors,
                       const std::map<std::string, std::string> &Metadata) {
  const std::string Header = makeHeader(Tensors, Metadata, Path);
  if (isSpecial(Path))
    return writeSpecial(Path, Header, Tensors);
  const std::string Temporary = temporaryName(Path);
  try {
    writeFile(Temporary, Path, Header, Tensors);
    if (std::rename(Temporary.c_str(), Path.c_str()) != 0)
      systemError(Path, "write");
  } catch (...) {
    unlink(Temporary.c_str());
    throw;
  }
  syncFolder(Path);
}
