//===- LoadedModel.cpp - A model in this process --------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Compiles with the driver and links with LLVM's ORC; shared objects go through
// the system's loader.
//===----------------------------------------------------------------------===//
#include "runtime/tools/rnn-run/LoadedModel.h"

#include "compiler/lib/Driver/Compile.h"

#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/DynamicLibrary.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/WithColor.h"

using namespace llvm;
using namespace rnn::run;

static Error makeError(const Twine &Text) {
  return createStringError(inconvertibleErrorCode(), Text);
}

static StringRef extension(StringRef Path) {
  const size_t Dot = Path.rfind('.');
  return Dot == StringRef::npos ? "" : Path.substr(Dot);
}

bool ModelSource::isCompiled() const {
  const StringRef Extension = extension(Path);
  return Extension == ".o" || Extension == ".so";
}

//===----------------------------------------------------------------------===//
// Objects in memory
//===----------------------------------------------------------------------===//

namespace {
/// A model that ORC has linked.
class LinkedModel : public LoadedModel {
public:
  static Expected<std::unique_ptr<LoadedModel>>
  link(std::unique_ptr<MemoryBuffer> Object, StringRef Symbol);

private:
  std::unique_ptr<orc::LLJIT> Linker;
};

/// A model that the system has loaded; it stays until the process ends.
class SharedModel : public LoadedModel {
public:
  explicit SharedModel(const rnn_model *Found) { Descriptor = Found; }
};
} // namespace

Expected<std::unique_ptr<LoadedModel>>
LinkedModel::link(std::unique_ptr<MemoryBuffer> Object, StringRef Symbol) {
  InitializeNativeTarget();
  InitializeNativeTargetAsmPrinter();
  auto Made = std::make_unique<LinkedModel>();
  auto Linker = orc::LLJITBuilder().create();
  if (!Linker)
    return Linker.takeError();
  Made->Linker = std::move(*Linker);
  if (Error E = Made->Linker->addObjectFile(std::move(Object)))
    return E;
  auto Address = Made->Linker->lookup(Symbol);
  if (!Address)
    return Address.takeError();
  Made->Descriptor = Address->toPtr<const rnn_model *>();
  return Made;
}

//===----------------------------------------------------------------------===//
// Objects in files
//===----------------------------------------------------------------------===//

/// The name of the one global variable that an object defines: its descriptor.
static Expected<std::string> findDescriptor(MemoryBufferRef Bytes) {
  auto File = object::ObjectFile::createELFObjectFile(Bytes);
  if (!File)
    return File.takeError();
  const auto &Elf = cast<object::ELFObjectFileBase>(**File);
  const bool IsShared = Elf.getEType() == ELF::ET_DYN;
  const auto Symbols =
      IsShared ? Elf.getDynamicSymbolIterators() : Elf.symbols();
  std::string Found;
  for (const object::ELFSymbolRef Symbol : Symbols) {
    auto Flags = Symbol.getFlags();
    if (!Flags)
      return Flags.takeError();
    if (Symbol.getELFType() != ELF::STT_OBJECT ||
        !(*Flags & object::SymbolRef::SF_Global) ||
        (*Flags & object::SymbolRef::SF_Undefined))
      continue;
    auto Name = Symbol.getName();
    if (!Name)
      return Name.takeError();
    if (!Found.empty())
      return makeError("expected one model in the object, got '" + Found +
                       "' and '" + *Name + "'");
    Found = Name->str();
  }
  if (Found.empty())
    return makeError("expected a model in the object, got no descriptor");
  return Found;
}

static Expected<std::unique_ptr<LoadedModel>>
loadShared(const std::string &Path, const std::string &Symbol) {
  // A bare name would be searched for in the system's folders.
  const std::string Place = StringRef(Path).contains('/') ? Path : "./" + Path;
  std::string Text;
  auto Library = sys::DynamicLibrary::getPermanentLibrary(Place.c_str(), &Text);
  if (!Library.isValid())
    return makeError(Text);
  const void *Address = Library.getAddressOfSymbol(Symbol.c_str());
  return std::make_unique<SharedModel>(static_cast<const rnn_model *>(Address));
}

static Expected<std::unique_ptr<LoadedModel>>
loadObject(const ModelSource &Source) {
  if (!Source.Defines.empty() || Source.DoublePrecision ||
      !Source.Name.empty() || Source.CheckpointStates != "none")
    return makeError(Source.Path +
                     ": an object is compiled already: expected a .rnn file "
                     "with -D, --element-type, --model or "
                     "--checkpoint-states");
  auto Bytes = MemoryBuffer::getFile(Source.Path);
  if (!Bytes)
    return makeError(Source.Path +
                     ": could not open: " + Bytes.getError().message());
  auto Symbol = findDescriptor(**Bytes);
  if (!Symbol)
    return makeError(Source.Path + ": " + toString(Symbol.takeError()));
  if (extension(Source.Path) == ".so")
    return loadShared(Source.Path, *Symbol);
  return LinkedModel::link(std::move(*Bytes), *Symbol);
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

static rnnc::Weights weightsOf(const ModelSource &Source) {
  if (!Source.Weights)
    return rnnc::Weights::Own;
  if (*Source.Weights == RNN_F32)
    return rnnc::Weights::F32;
  return *Source.Weights == RNN_BF16 ? rnnc::Weights::BF16
                                     : rnnc::Weights::Int8;
}

static mlir::FailureOr<rnnc::CompiledObject>
compile(const ModelSource &Source) {
  rnnc::CompileOptions Options;
  for (const auto &[Name, Value] : Source.Defines)
    Options.defines[Name] = Value;
  Options.doublePrecision = Source.DoublePrecision;
  Options.model = Source.Name;
  Options.cpu = Source.Cpu;
  Options.optLevel = Source.OptLevel;
  if (Source.Gemm == RNN_GEMM_GENERATED)
    Options.gemm = rnnc::Gemm::Generated;
  Options.weights = weightsOf(Source);
  auto Choice = rnnc::parseCheckpoint(Source.CheckpointStates);
  if (mlir::failed(Choice)) {
    WithColor::error(errs(), "rnn-run")
        << "expected --checkpoint-states=none, every, every:STEPS or log, got '"
        << Source.CheckpointStates << "'\n";
    return mlir::failure();
  }
  Options.checkpoint = *Choice;
  if (Source.NeedsProducts)
    Options.functions = {rnnc::Function::Loss, rnnc::Function::Gradient,
                         rnnc::Function::GaussNewton};
  return rnnc::compileToMemory(Source.Path, Options);
}

std::unique_ptr<LoadedModel>
LoadedModel::load(const ModelSource &Source) noexcept {
  const auto Take = [](Expected<std::unique_ptr<LoadedModel>> Made)
      -> std::unique_ptr<LoadedModel> {
    if (Made)
      return std::move(*Made);
    WithColor::error(errs(), "rnn-run") << toString(Made.takeError()) << '\n';
    return nullptr;
  };
  if (Source.isCompiled())
    return Take(loadObject(Source));
  auto Compiled = compile(Source);
  if (mlir::failed(Compiled))
    return nullptr; // The compiler has said why.
  const StringRef Bytes(Compiled->object.data(), Compiled->object.size());
  return Take(LinkedModel::link(
      MemoryBuffer::getMemBufferCopy(Bytes, Compiled->symbol + ".o"),
      Compiled->symbol));
}
