//===- Target.cpp - From the LLVM dialect to an object --------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Picks a target machine, translates a module to LLVM IR, optimises it and
// writes an object or assembly.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/Target.h"

#include "runtime/include/rnn/rnn.h"

#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/SubtargetFeature.h"

using namespace llvm;
using namespace rnnc;

//===----------------------------------------------------------------------===//
// Machines
//===----------------------------------------------------------------------===//

/// LLVM's loop strength reduction is for loops whose addresses are computed
/// from scratch. Those of kernels are not: it takes a seventh of all work, and
/// the pointers that it adds cost a kernel of 16 registers up to a third of its
/// speed. It has no other switch.
static void disableLoopStrengthReduction() {
  auto &options = cl::getRegisteredOptions();
  if (auto found = options.find("disable-lsr"); found != options.end())
    static_cast<cl::opt<bool> *>(found->second)->setValue(true);
}

static void initializeTargets() {
  static bool done = [] {
    disableLoopStrengthReduction();
    InitializeAllTargetInfos();
    InitializeAllTargets();
    InitializeAllTargetMCs();
    InitializeAllAsmPrinters();
    return true;
  }();
  (void)done;
}

static std::string hostFeatures() {
  SubtargetFeatures features;
  for (const auto &feature : sys::getHostCPUFeatures())
    features.AddFeature(feature.getKey(), feature.getValue());
  return features.getString();
}

template <typename Entry>
static bool isKnown(ArrayRef<Entry> known, StringRef name) {
  return llvm::any_of(known,
                      [&](const Entry &entry) { return name == entry.Key; });
}

/// An error that names the known word nearest to a wrong one.
template <typename Entry>
static Error unknown(StringRef what, StringRef got, StringRef triple,
                     ArrayRef<Entry> known) {
  std::string best;
  unsigned distance = ~0u;
  for (const Entry &entry : known) {
    unsigned own = got.edit_distance(entry.Key, true);
    if (own >= distance)
      continue;
    distance = own;
    best = entry.Key;
  }
  std::string message =
      (Twine("expected a ") + what + " of " + triple + ", got '" + got + "'")
          .str();
  if (!best.empty())
    message += "; did you mean '" + best + "'?";
  return createStringError(message);
}

/// Checks every feature of "+a,-b" for being one of the target.
static Error checkFeatures(StringRef features, const MCSubtargetInfo &info) {
  SubtargetFeatures list(features);
  for (const std::string &feature : list.getFeatures()) {
    if (feature.empty())
      continue;
    StringRef name = SubtargetFeatures::StripFlag(feature);
    if (!SubtargetFeatures::hasFlag(feature))
      return createStringError(
          "expected a feature with + or - before it, got '" + feature + "'");
    if (!isKnown(info.getAllProcessorFeatures(), name))
      return unknown("feature", name, info.getTargetTriple().str(),
                     info.getAllProcessorFeatures());
  }
  return Error::success();
}

Expected<std::unique_ptr<TargetMachine>>
rnnc::createTargetMachine(const TargetOptions &options) {
  initializeTargets();
  Triple triple(options.triple.empty() ? sys::getDefaultTargetTriple()
                                       : Triple::normalize(options.triple));
  std::string message;
  const Target *target = TargetRegistry::lookupTarget(triple, message);
  if (!target)
    return createStringError("expected a target triple, got '" +
                             options.triple + "': " + message);

  std::string cpu = options.cpu, features;
  if (cpu == "native") {
    Triple host(sys::getProcessTriple());
    if (host.getArch() != triple.getArch())
      return createStringError("expected a CPU of " + triple.str() +
                               ", got 'native', which is " + host.str());
    cpu = sys::getHostCPUName().str();
    features = hostFeatures();
  }
  std::unique_ptr<MCSubtargetInfo> info(
      target->createMCSubtargetInfo(triple, "", ""));
  if (!info->isCPUStringValid(cpu))
    return unknown("CPU", cpu, triple.str(),
                   info->getAllProcessorDescriptions());
  if (Error error = checkFeatures(options.features, *info))
    return error;
  if (!options.features.empty())
    features += (features.empty() ? "" : ",") + options.features;

  static constexpr CodeGenOptLevel levels[] = {
      CodeGenOptLevel::None, CodeGenOptLevel::Less, CodeGenOptLevel::Default,
      CodeGenOptLevel::Aggressive};
  llvm::TargetOptions machineOptions;
  std::unique_ptr<TargetMachine> machine(target->createTargetMachine(
      triple, cpu, features, machineOptions, Reloc::PIC_, std::nullopt,
      levels[std::min(options.optLevel, 3u)]));
  if (!machine)
    return createStringError("expected a target with a code generator, got '" +
                             triple.str() + "'");
  return machine;
}

TargetShape rnnc::targetShape(const TargetMachine &machine) {
  const MCSubtargetInfo &info = *machine.getMCSubtargetInfo();
  const Triple &triple = machine.getTargetTriple();
  if (triple.isX86()) {
    if (info.checkFeatures("+avx512f"))
      return {64, 32, info.checkFeatures("+avx512vnni")};
    if (info.checkFeatures("+avx"))
      return {32, 16, info.checkFeatures("+avxvnni"),
              info.checkFeatures("+fma") || info.checkFeatures("+fma4")};
    return {16, triple.isArch64Bit() ? 16 : 8, /*dots=*/false, /*fused=*/false};
  }
  return {16, triple.isAArch64() ? 32 : 16};
}

uint64_t rnnc::requiredFeatures(const TargetMachine &machine) {
  if (!machine.getTargetTriple().isX86())
    return 0;
  static constexpr std::pair<const char *, uint64_t> features[] = {
      {"+sse4.2", RNN_CPU_SSE42},
      {"+avx", RNN_CPU_AVX},
      {"+avx2", RNN_CPU_AVX2},
      {"+fma", RNN_CPU_FMA},
      {"+avx512f", RNN_CPU_AVX512F},
      {"+avx512bw", RNN_CPU_AVX512BW},
      {"+avx512dq", RNN_CPU_AVX512DQ},
      {"+avx512vl", RNN_CPU_AVX512VL},
      {"+avx512vnni", RNN_CPU_AVX512VNNI},
      {"+avxvnni", RNN_CPU_AVXVNNI}};
  uint64_t bits = 0;
  for (auto [feature, bit] : features)
    if (machine.getMCSubtargetInfo()->checkFeatures(feature))
      bits |= bit;
  return bits;
}

//===----------------------------------------------------------------------===//
// Translation
//===----------------------------------------------------------------------===//

std::unique_ptr<Module> rnnc::translateToLLVMIR(mlir::ModuleOp module,
                                                LLVMContext &context,
                                                TargetMachine &machine) {
  mlir::registerBuiltinDialectTranslation(*module.getContext());
  mlir::registerLLVMDialectTranslation(*module.getContext());
  std::unique_ptr<Module> result =
      mlir::translateModuleToLLVMIR(module, context);
  if (!result)
    return nullptr;
  result->setTargetTriple(machine.getTargetTriple());
  result->setDataLayout(machine.createDataLayout());
  bool isWide = targetShape(machine).vectorBytes == 64;
  for (Function &function : *result) {
    if (function.isDeclaration())
      continue;
    function.addFnAttr("target-cpu", machine.getTargetCPU());
    function.addFnAttr("target-features", machine.getTargetFeatureString());
    // LLVM prefers half of the registers' width on some CPUs.
    if (isWide)
      function.addFnAttr("prefer-vector-width", "512");
    function.addFnAttr(Attribute::NoUnwind);
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Optimisation
//===----------------------------------------------------------------------===//

/// What generated code gains from. Kernels come vectorised and unrolled and
/// loops nested as they should be: what is left are addresses and conditions
/// that are computed more than once. LLVM's own pipeline is six times slower
/// and finds nothing more in them. Pointers are taken out of descriptors first,
/// or no buffer on the stack could become registers.
static constexpr const char *lightPipeline =
    "function(instsimplify,sroa<modify-cfg>,early-cse<memssa>,simplifycfg,"
    "instcombine<no-verify-fixpoint>,loop-mssa(loop-rotate,licm),simplifycfg,"
    "instcombine<no-verify-fixpoint>,gvn,dse,adce,simplifycfg),globaldce";

static PipelineTuningOptions fullPipelineTuning() {
  PipelineTuningOptions tuning;
  tuning.LoopVectorization = false;
  tuning.SLPVectorization = false;
  tuning.LoopInterleaving = false;
  // Kernels are unrolled as far as it helps.
  tuning.LoopUnrolling = false;
  return tuning;
}

static ModulePassManager choosePasses(PassBuilder &builder,
                                      CodeGenOptLevel level) {
  if (level == CodeGenOptLevel::None)
    return builder.buildO0DefaultPipeline(OptimizationLevel::O0);
  if (level == CodeGenOptLevel::Aggressive)
    return builder.buildPerModuleDefaultPipeline(OptimizationLevel::O3);
  ModulePassManager passes;
  cantFail(builder.parsePassPipeline(passes, lightPipeline));
  return passes;
}

void rnnc::optimize(Module &module, TargetMachine &machine) {
  PassBuilder builder(&machine, fullPipelineTuning());
  LoopAnalysisManager loops;
  FunctionAnalysisManager functions;
  CGSCCAnalysisManager components;
  ModuleAnalysisManager modules;
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  choosePasses(builder, machine.getOptLevel()).run(module, modules);
}

//===----------------------------------------------------------------------===//
// Emission
//===----------------------------------------------------------------------===//

static Error emit(Module &module, TargetMachine &machine,
                  raw_pwrite_stream &out, CodeGenFileType type) {
  legacy::PassManager passes;
  if (machine.addPassesToEmitFile(passes, out, nullptr, type))
    return createStringError("expected a target that writes objects, got '" +
                             machine.getTargetTriple().str() + "'");
  passes.run(module);
  return Error::success();
}

Error rnnc::emitObject(Module &module, TargetMachine &machine,
                       raw_pwrite_stream &out) {
  return emit(module, machine, out, CodeGenFileType::ObjectFile);
}

Error rnnc::emitAssembly(Module &module, TargetMachine &machine,
                         raw_pwrite_stream &out) {
  return emit(module, machine, out, CodeGenFileType::AssemblyFile);
}
