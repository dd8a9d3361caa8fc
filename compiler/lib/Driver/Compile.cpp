//===- Compile.cpp - From a .rnn file to what it becomes ------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The stages in order, each as far as the wanted result needs it.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Driver/Compile.h"

#include "compiler/lib/CodeGen/Passes.h"
#include "compiler/lib/CodeGen/Target.h"
#include "compiler/lib/Conversion/Passes.h"
#include "compiler/lib/Driver/CompileOptions.h"
#include "compiler/lib/Driver/Dot.h"
#include "compiler/lib/Driver/Header.h"
#include "compiler/lib/Driver/ModelInfo.h"
#include "compiler/lib/Driver/OutputFile.h"
#include "compiler/lib/Driver/Passes.h"
#include "compiler/lib/Driver/Schedule.h"
#include "compiler/lib/Transforms/Passes.h"
#include "frontends/text/Text.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/BuryPointer.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Path.h"
#include "llvm/TargetParser/Host.h"

using namespace mlir;
using namespace rnnc;

//===----------------------------------------------------------------------===//
// Stages
//===----------------------------------------------------------------------===//

/// People read messages, not IR, unless they ask for it.
static void hideOperations(MLIRContext &context) {
  auto &options = llvm::cl::getRegisteredOptions();
  auto asked = options.find("mlir-print-op-on-diagnostic");
  if (asked == options.end() || asked->second->getNumOccurrences() == 0)
    context.printOpOnDiagnostic(false);
}

namespace {
/// Which passes are followed by a check of what they made. The user's mistakes
/// are found early; kernels can only be wrong by the compiler's, and checking
/// them is a tenth of all work.
enum class Verify { Always, WithAssertions };

/// One compilation. The stages are called in order; each fails with an error
/// printed.
class Compilation {
public:
  explicit Compilation(const CompileOptions &options)
      : options(options), context(MLIRContext::Threading::DISABLED),
        diagnostics(sources, &context) {
    hideOperations(context);
  }

  /// Checks the target, so that a wrong one is told before any work.
  LogicalResult chooseTarget();
  /// Text to the rnn dialect.
  LogicalResult import(StringRef path);
  /// Derivatives, schedule, kernels and buffers.
  LogicalResult lower();
  /// The LLVM dialect with the descriptor, then LLVM IR, optimised.
  LogicalResult generate();
  LogicalResult emitObject(SmallVectorImpl<char> &object);
  LogicalResult emitAssembly(SmallVectorImpl<char> &text);
  void writeSchedule(llvm::raw_ostream &os) {
    rnnc::writeSchedule(*module, info, targetShape(*machine),
                        options.gemm == Gemm::Generated, os);
  }

  ModuleOp getModule() { return *module; }
  /// Of a lowered model.
  const ModelInfo &getInfo() const { return info; }
  const llvm::Module &getLLVMModule() const { return *llvmModule; }
  const llvm::Triple &getTriple() const { return machine->getTargetTriple(); }

private:
  LogicalResult run(StringRef name, Verify verify,
                    llvm::function_ref<void(PassManager &)> add);
  TimingScope time(StringRef name) {
    return options.timing ? options.timing->nest(name) : TimingScope();
  }

  const CompileOptions &options;
  llvm::SourceMgr sources;
  MLIRContext context;
  SourceMgrDiagnosticHandler diagnostics;
  OwningOpRef<ModuleOp> module;
  ModelInfo info;
  std::unique_ptr<llvm::TargetMachine> machine;
  llvm::LLVMContext llvmContext;
  std::unique_ptr<llvm::Module> llvmModule;
};
} // namespace

LogicalResult Compilation::chooseTarget() {
  if (failed(checkWeights(options)))
    return failure();
  TargetOptions target;
  target.cpu = options.cpu;
  target.triple = options.target;
  target.optLevel = options.optLevel;
  llvm::Expected<std::unique_ptr<llvm::TargetMachine>> made =
      createTargetMachine(target);
  if (!made)
    return reportError(llvm::toString(made.takeError()));
  machine = std::move(*made);
  if (!getTriple().isArch64Bit() || !getTriple().isLittleEndian())
    return reportError("expected a little-endian target with pointers of 64 "
                       "bits, got '" +
                       getTriple().str() + "'");
  if (options.tile)
    return checkTile(*options.tile, targetShape(*machine));
  return success();
}

LogicalResult Compilation::import(StringRef path) {
  TimingScope scope = time("Front end");
  if (!text::loadFile(path, sources))
    return failure();
  text::Options frontEnd;
  frontEnd.defines = options.defines;
  frontEnd.doublePrecision = options.doublePrecision;
  frontEnd.model = options.model;
  module = text::importModel(sources, frontEnd, &context);
  return success(bool(module));
}

LogicalResult Compilation::run(StringRef name, Verify verify,
                               llvm::function_ref<void(PassManager &)> add) {
  TimingScope scope = time(name);
  PassManager pm(&context);
#ifdef NDEBUG
  pm.enableVerifier(verify == Verify::Always);
#else
  (void)verify;
#endif
  if (options.usePassManagerFlags && failed(applyPassManagerCLOptions(pm)))
    return failure();
  if (options.timing)
    pm.enableTiming(scope);
  add(pm);
  return pm.run(*module);
}

LogicalResult Compilation::lower() {
  TransformOptions transforms;
  auto isWanted = [&](Function function) {
    return llvm::is_contained(options.functions, function);
  };
  transforms.withGradient =
      options.functions.empty() || isWanted(Function::Gradient);
  transforms.withTangent = isWanted(Function::Tangent);
  transforms.withGaussNewton = isWanted(Function::GaussNewton);
  transforms.checkpoint = getCheckpointOptions(options.checkpoint);
  TargetShape shape = targetShape(*machine);
  LowerRNNOptions lowering;
  lowering.vectorBytes = shape.vectorBytes;
  lowering.registers = shape.registers;
  lowering.fused = shape.fused;
  if (options.weights != Weights::F32)
    lowering.weights = getName(options.weights).str();
  if (options.tile) {
    lowering.tileRows = options.tile->rows;
    lowering.tileVectors = options.tile->vectors;
  }
  for (Function function : options.functions)
    lowering.functions.push_back(getSymbol(function).str());
  if (failed(run("Transform", Verify::Always, [&](PassManager &pm) {
        buildTransformPipeline(pm, transforms);
      })))
    return failure();
  FailureOr<rnn::ModelOp> model = getOnlyModel(*module);
  if (failed(model) || failed(checkFunctions(*model, options.functions)) ||
      failed(checkCheckpoint(*model, options.checkpoint)) ||
      failed(run("Lower", Verify::Always, [&](PassManager &pm) {
        pm.addPass(createLowerRNN(lowering));
        if (options.gemm == Gemm::Generated)
          pm.addPass(createGeneratedGemm());
      })))
    return failure();
  FailureOr<ModelInfo> described = describeModel(*module);
  if (failed(described))
    return failure();
  info = *described;
  return success();
}

LogicalResult Compilation::generate() {
  // The description outlives the sites, which become kernels.
  getOnlyModel(*module)->erase();
  EmitDescriptorOptions descriptor;
  descriptor.cpu = machine->getTargetCPU().str();
  descriptor.features = machine->getTargetFeatureString().str();
  descriptor.requiredFeatures = requiredFeatures(*machine);
  if (failed(run("Generate", Verify::WithAssertions, [&](PassManager &pm) {
        buildLowerToLLVMPipeline(pm, targetShape(*machine));
        pm.addPass(createEmitDescriptor(descriptor, info));
      })))
    return failure();
  {
    TimingScope scope = time("Translate");
    llvmModule = translateToLLVMIR(*module, llvmContext, *machine);
  }
  if (!llvmModule)
    return failure();
  TimingScope scope = time("Optimise");
  optimize(*llvmModule, *machine);
  return success();
}

LogicalResult Compilation::emitObject(SmallVectorImpl<char> &object) {
  TimingScope scope = time("Emit object");
  llvm::raw_svector_ostream os(object);
  if (llvm::Error error = rnnc::emitObject(*llvmModule, *machine, os))
    return reportError(llvm::toString(std::move(error)));
  return success();
}

LogicalResult Compilation::emitAssembly(SmallVectorImpl<char> &text) {
  TimingScope scope = time("Emit assembly");
  llvm::raw_svector_ostream os(text);
  if (llvm::Error error = rnnc::emitAssembly(*llvmModule, *machine, os))
    return reportError(llvm::toString(std::move(error)));
  return success();
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

/// What is printed as it is, as a text.
static LogicalResult produceText(Compilation &compilation, Emit kind,
                                 SmallVectorImpl<char> &text) {
  llvm::raw_svector_ostream os(text);
  switch (kind) {
  case Emit::RNN:
  case Emit::MLIR:
    compilation.getModule().print(os);
    return success();
  case Emit::LLVM:
    os << compilation.getLLVMModule();
    return success();
  case Emit::Assembly:
    return compilation.emitAssembly(text);
  case Emit::Header:
    writeHeader(compilation.getInfo(), os);
    return success();
  case Emit::Dot:
    return writeDot(compilation.getModule(), os);
  case Emit::Schedule:
    compilation.writeSchedule(os);
    return success();
  case Emit::Object:
  case Emit::SharedObject:
    break;
  }
  llvm_unreachable("objects are no texts");
}

/// Runs the stages that a result needs.
static LogicalResult runStages(Compilation &compilation, StringRef input,
                               Emit kind) {
  if (failed(compilation.chooseTarget()) || failed(compilation.import(input)))
    return failure();
  if (kind == Emit::RNN || kind == Emit::Dot)
    return success();
  if (failed(compilation.lower()))
    return failure();
  if (kind == Emit::MLIR || kind == Emit::Header || kind == Emit::Schedule)
    return success();
  return compilation.generate();
}

static LogicalResult writeHeaderBeside(StringRef output,
                                       const ModelInfo &info) {
  llvm::SmallString<128> path(output);
  llvm::sys::path::replace_extension(path, "h");
  if (path == output)
    return reportError("expected an object's name that does not end in .h, for "
                       "the header takes it, got '" +
                       output + "'");
  std::string text;
  llvm::raw_string_ostream os(text);
  writeHeader(info, os);
  return writeOutput(path, text);
}

static LogicalResult writeObject(Compilation &compilation, Emit kind,
                                 StringRef output) {
  SmallVector<char, 0> object;
  if (failed(compilation.emitObject(object)))
    return failure();
  StringRef bytes(object.data(), object.size());
  if (output != "-" && failed(writeHeaderBeside(output, compilation.getInfo())))
    return failure();
  if (kind == Emit::SharedObject)
    return linkSharedObject(bytes, output);
  return writeOutput(output, bytes);
}

static LogicalResult checkLinkable(const llvm::Triple &triple) {
  llvm::Triple host(llvm::sys::getProcessTriple());
  if (host.getArch() == triple.getArch() && host.getOS() == triple.getOS())
    return success();
  return reportError(
      "expected this machine's target for a shared object, got '" +
      triple.str() + "': link the object with its own tools");
}

LogicalResult rnnc::compileToFile(StringRef input, Emit kind, StringRef output,
                                  const CompileOptions &options) {
  // Taking it all apart would cost some percent of the time, just before the
  // process ends.
  auto owned = std::make_unique<Compilation>(options);
  Compilation &compilation = *owned;
  llvm::BuryPointer(std::move(owned));
  if (failed(runStages(compilation, input, kind)))
    return failure();
  if (kind == Emit::SharedObject &&
      failed(checkLinkable(compilation.getTriple())))
    return failure();
  if (kind == Emit::Object || kind == Emit::SharedObject)
    return writeObject(compilation, kind, output);
  SmallVector<char, 0> text;
  if (failed(produceText(compilation, kind, text)))
    return failure();
  return writeOutput(output, StringRef(text.data(), text.size()));
}

FailureOr<CompiledObject> rnnc::compileToMemory(StringRef input,
                                                const CompileOptions &options) {
  Compilation compilation(options);
  CompiledObject result;
  if (failed(runStages(compilation, input, Emit::Object)) ||
      failed(compilation.emitObject(result.object)))
    return failure();
  result.symbol = compilation.getInfo().symbol;
  return result;
}
