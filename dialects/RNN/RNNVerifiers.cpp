//===- RNNVerifiers.cpp - What types alone do not say ---------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Verifiers of declarations, of what reads them and of scheduling regions.
// Those of operations that compute are in RNNComputeVerifiers.cpp.
//===----------------------------------------------------------------------===//

#include "dialects/RNN/RNN.h"

using namespace mlir;
using namespace rnnc::rnn;

//===----------------------------------------------------------------------===//
// Declarations
//===----------------------------------------------------------------------===//

LogicalResult ModelOp::verify() {
  if (!isa<FloatType>(getElementType()))
    return emitOpError("expected a floating-point element type, got ")
           << getElementType();
  for (Operation &op : *getBodyBlock())
    if (!isa<ParamOp, InputOp, TargetOp, StateOp, OutputOp, MetricOp, StreamOp,
             FuncOp>(op))
      return op.emitOpError("expected a declaration or a function in a model");
  return success();
}

static LogicalResult verifyDeclared(Operation *op, Type type,
                                    bool (*isLevel)(Type), StringRef what) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !isLevel(tensor))
    return op->emitOpError("expected a ") << what << " type, got " << type;
  for (unsigned i = 0, e = getFeatureRank(tensor); i < e; ++i)
    if (getFeatureSize(tensor, i) <= 0)
      return op->emitOpError("expected positive sizes, got ") << type;
  return success();
}

static bool isBatchOrSequence(Type type) { return !isStatic(type); }

LogicalResult ParamOp::verify() {
  if (failed(verifyDeclared(*this, getType(), isStatic, "static")))
    return failure();
  unsigned expected =
      llvm::StringSwitch<unsigned>(getInit())
          .Case("zeros", 0)
          .Cases({"constant", "glorot", "orthogonal", "identity"}, 1)
          .Cases({"uniform", "normal", "sparse"}, 2)
          .Default(~0U);
  if (expected == ~0U)
    return emitOpError("expected zeros, constant, uniform, normal, glorot, "
                       "orthogonal, identity or sparse, got ")
           << getInitAttr();
  if (getInitArgs().size() != expected)
    return emitOpError("expected ")
           << expected << " arguments of " << getInitAttr() << ", got "
           << getInitArgs().size();
  return success();
}

LogicalResult InputOp::verify() {
  return verifyDeclared(*this, getType(), isBatchOrSequence,
                        "batch or sequence");
}
LogicalResult TargetOp::verify() {
  return verifyDeclared(*this, getType(), isBatchOrSequence,
                        "batch or sequence");
}
LogicalResult OutputOp::verify() {
  return verifyDeclared(*this, getType(), isBatchOrSequence,
                        "batch or sequence");
}
LogicalResult StateOp::verify() {
  return verifyDeclared(*this, getType(), isBatch, "batch");
}

LogicalResult StreamOp::verify() {
  if (!getStarts() || getStarts()->size() == getInputs().size())
    return success();
  return emitOpError("expected a start for each of ")
         << getInputs().size() << " inputs, got " << getStarts()->size();
}

LogicalResult ReturnOp::verify() {
  if (getRoles().size() != getValues().size())
    return emitOpError("expected a role for each value, got ")
           << getRoles().size() << " roles and " << getValues().size()
           << " values";
  return success();
}

//===----------------------------------------------------------------------===//
// Reading declarations
//===----------------------------------------------------------------------===//

static Operation *lookupDeclaration(Operation *op, FlatSymbolRefAttr symbol) {
  auto model = op->getParentOfType<ModelOp>();
  return model ? SymbolTable::lookupSymbolIn(model, symbol) : nullptr;
}

static Type getDeclaredType(Operation *declaration) {
  if (auto type = declaration->getAttrOfType<TypeAttr>("type"))
    return type.getValue();
  return {};
}

LogicalResult GetOp::verifySymbolUses(SymbolTableCollection &) {
  Operation *declaration = lookupDeclaration(*this, getSymbolAttr());
  if (!declaration || !isa<ParamOp, InputOp, TargetOp>(declaration))
    return emitOpError("expected a parameter, input or target named ")
           << getSymbolAttr();
  Type declared = getDeclaredType(declaration);
  if (getType() == declared ||
      (isSequence(declared) && getType() == getStepType(declared)))
    return success();
  InFlightDiagnostic diagnostic = emitOpError("expected ")
                                  << declared << ", got " << getType();
  diagnostic.attachNote(declaration->getLoc()) << "declared here";
  return diagnostic;
}

LogicalResult DirectionOp::verifySymbolUses(SymbolTableCollection &) {
  auto param =
      dyn_cast_if_present<ParamOp>(lookupDeclaration(*this, getSymbolAttr()));
  if (!param)
    return emitOpError("expected a parameter named ") << getSymbolAttr();
  if (param.getType() == getType())
    return success();
  InFlightDiagnostic diagnostic = emitOpError("expected ")
                                  << param.getType() << ", got " << getType();
  diagnostic.attachNote(param.getLoc()) << "declared here";
  return diagnostic;
}

LogicalResult CallNumberOp::verify() {
  if (getName() != "damping")
    return emitOpError("expected \"damping\", got ") << getNameAttr();
  Type type = getType();
  if (isStatic(type) && getFeatureRank(type) == 1 && getFeatureSize(type) == 1)
    return success();
  return emitOpError("expected a static vector of size 1, got ") << type;
}

LogicalResult InitialStateOp::verifySymbolUses(SymbolTableCollection &) {
  auto state =
      dyn_cast_if_present<StateOp>(lookupDeclaration(*this, getSymbolAttr()));
  if (!state)
    return emitOpError("expected a state named ") << getSymbolAttr();
  if (state.getType() == getType())
    return success();
  InFlightDiagnostic diagnostic = emitOpError("expected ")
                                  << state.getType() << ", got " << getType();
  diagnostic.attachNote(state.getLoc()) << "declared here";
  return diagnostic;
}

//===----------------------------------------------------------------------===//
// Scheduling regions
//===----------------------------------------------------------------------===//

static LogicalResult verifyTransparent(Operation *op, Block &body) {
  auto yield = dyn_cast<YieldOp>(body.getTerminator());
  if (!yield || yield.getValues().getTypes() != op->getResultTypes())
    return op->emitOpError("expected a yield of the results' types");
  return success();
}

/// A scan carries its states from chunk to chunk, or resumes all of them in
/// chunks that go the other way. One without states goes either way.
static LogicalResult verifyInChunk(ScanOp scan, ChunkOp chunk) {
  auto isResumed = [](Value init) { return init.getDefiningOp<ResumeOp>(); };
  bool resumes = llvm::all_of(scan.getInits(), isResumed);
  if (!resumes && llvm::any_of(scan.getInits(), isResumed))
    return scan.emitOpError("expected to resume all states or none");
  bool goesOtherWay = scan.getReverse() != chunk.getReverse();
  if (scan.getAxis() != chunk.getAxis() ||
      (scan.getNumStates() != 0 && goesOtherWay != resumes))
    return scan.emitOpError("expected the axis and direction of its chunks");
  return success();
}

LogicalResult ChunkOp::verify() {
  for (Operation &op : getBodyBlock()->without_terminator()) {
    auto scan = dyn_cast<ScanOp>(op);
    if (scan && failed(verifyInChunk(scan, *this)))
      return failure();
    bool isLocal = op.hasTrait<RowwiseOp>() || op.hasTrait<RowSumOp>() ||
                   isa<ScanOp, ResumeOp, SumToOp, PhaseOp, UnlessGivenOp,
                       PickOp, PlaceOp, ReverseOp, ShiftOp>(op);
    if (!isLocal)
      return op.emitOpError("expected an operation on rows of time");
    bool readsWhole = isa<ReverseOp, ShiftOp>(op);
    if (readsWhole && op.getOperand(0).getParentBlock() == getBodyBlock())
      return op.emitOpError("expected a sequence from outside of the chunks, "
                            "which has other steps than theirs");
  }
  return verifyTransparent(*this, *getBodyBlock());
}

LogicalResult CheckpointOp::verify() {
  if (!isSequence(getType()))
    return emitOpError("expected a sequence, got ") << getType();
  if (getInterval() && (getKind() != CheckpointKind::Every ||
                        static_cast<int64_t>(*getInterval()) < 1))
    return emitOpError("expected an interval of one step or more with 'every' "
                       "alone");
  return success();
}

CheckpointOp ResumeOp::getSource() {
  auto chunk = getCheckpoints().getDefiningOp<ChunkOp>();
  if (!chunk)
    return {};
  unsigned index = cast<OpResult>(getCheckpoints()).getResultNumber();
  return chunk.getYield().getValues()[index].getDefiningOp<CheckpointOp>();
}

LogicalResult ResumeOp::verify() {
  if (!isBatch(getType()))
    return emitOpError("expected a state of the batch, got ") << getType();
  CheckpointOp source = getSource();
  if (!source)
    return emitOpError("expected what a chunk yields from rnn.checkpoint");
  auto from = cast<ChunkOp>(source->getParentOp());
  auto here = cast<ChunkOp>(getOperation()->getParentOp());
  if (source.getType() != getStackedType(getType(), here.getAxis()))
    return emitOpError("expected checkpoints of type ")
           << getStackedType(getType(), here.getAxis()) << ", got "
           << source.getType();
  if (from.getReverse() == here.getReverse())
    return emitOpError("expected checkpoints of chunks in the other direction");
  return success();
}

/// A sum over features that the phase only yields, beside what is summed.
static LogicalResult verifySumInPhase(SumToOp sum, PhaseOp phase) {
  Type from = sum.getOperand().getType(), to = sum.getType();
  bool isOfRow = !isStatic(to) && isSequence(from) == isSequence(to);
  if (!isOfRow || from == to)
    return sum.emitOpError("expected a sum over features in a phase, got ")
           << from << " to " << to;
  bool hasProduct = !phase.getBodyBlock()->getOps<MatmulOp>().empty();
  if (hasProduct || from != phase.getResultTypes().front() ||
      !llvm::all_of(sum->getUsers(), llvm::IsaPred<YieldOp>))
    return sum.emitOpError("expected what a phase without a product makes, to "
                           "be yielded alone");
  return success();
}

LogicalResult PhaseOp::verify() {
  for (Operation &op : getBodyBlock()->without_terminator()) {
    if (auto sum = dyn_cast<SumToOp>(op)) {
      if (failed(verifySumInPhase(sum, *this)))
        return failure();
      continue;
    }
    if (!op.hasTrait<ElementwiseOp>() &&
        !isa<SliceOp, BroadcastOp, MatmulOp>(op))
      return op.emitOpError("expected an elementwise operation or a view");
  }
  return verifyTransparent(*this, *getBodyBlock());
}
