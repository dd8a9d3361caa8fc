//===- LowerStages.cpp - Layers one behind another ------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A loop over chunks of time whose body is in stages. Each stage lags behind
// the first by as many turns as the plan says: by none where one thread or a
// team runs them all, so that there is one code. Where threads run them one
// behind another they wait for each other once a turn and, before and after the
// loop, for what stands outside of it.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/StageAccess.h"
#include "compiler/lib/Conversion/FunctionLowering.h"

using namespace mlir;
using namespace rnnc;
using namespace rnnc::rnn;

//===----------------------------------------------------------------------===//
// Copies of what stages hand on
//===----------------------------------------------------------------------===//

/// Elements from the first copy of a buffer for one chunk to another one.
Value FunctionLowering::getCopyOffset(const Buffer &buffer, Value number) {
  Value capacity = chunkCapacity[buffer.axis];
  Value rows = b.createOrFold<arith::MulIOp>(
      b.createOrFold<arith::AddIOp>(capacity, constantIndex(1)), batch);
  Value size = b.createOrFold<arith::MulIOp>(rows, constantIndex(buffer.width));
  return b.createOrFold<arith::MulIOp>(number, size);
}

Value FunctionLowering::getCopy(const Buffer &buffer, Value number) {
  Value offset = b.createOrFold<arith::IndexCastOp>(
      b.getI64Type(), getCopyOffset(buffer, number));
  Value first = firstCopies.lookup(&buffer);
  return LLVM::GEPOp::create(b, first.getType(), buffer.element, first,
                             ArrayRef<LLVM::GEPArg>{offset});
}

/// Lets views be of one copy. What the caller may have memory for is placed
/// where a chunk is entered.
void FunctionLowering::enterCopies(Value number) {
  for (auto [buffer, first] : firstCopies)
    if (!buffer->onlyChunk)
      bases[buffer] = getCopy(*buffer, number);
}

/// Brings states from where the stage left them in the chunk before to where
/// this one's first step reads them. Not earlier: later stages may have read
/// what was there until all are done with that chunk.
void FunctionLowering::takeStates(ChunkOp chunk) {
  auto isLater = arith::XOrIOp::create(b, isFirstChunk,
                                       arith::ConstantIntOp::create(b, 1, 1));
  auto branch = scf::IfOp::create(b, isLater, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  for (auto scan : chunk.getBodyBlock()->getOps<ScanOp>()) {
    if (!isOfStage(scan))
      continue;
    // Only the last chunk of all may be shorter: neither this one, backwards,
    // nor the one before.
    Value full = chunkCapacity[storage.getAxisIndex(scan.getAxis())];
    Value from = scan.getReverse() ? constantIndex(0) : full;
    Value to = scan.getReverse() ? full : constantIndex(0);
    for (unsigned i = 0, e = scan.getNumStates(); i < e; ++i) {
      View view = storage.lookupState(scan, i);
      if (view.buffer->extent != Extent::Chunk)
        continue;
      Value target = getBufferAtStep(view, to);
      Value own = bases[view.buffer];
      if (view.buffer->use == Use::HandedOn)
        bases[view.buffer] = getCopy(*view.buffer, stage.copyBefore);
      dnn::CopyOp::create(b, getBufferAtStep(view, from), target, false, false);
      bases[view.buffer] = own;
    }
  }
}

/// Lets views of final states, which are of a first row, be of the last chunk.
void FunctionLowering::leaveStates(ChunkOp chunk, Value lastIndex,
                                   Value lastSteps) {
  Value copy = b.createOrFold<arith::RemUIOp>(lastIndex, stage.copies);
  for (auto scan : chunk.getBodyBlock()->getOps<ScanOp>())
    for (unsigned i = 0, e = scan.getNumStates(); i < e; ++i) {
      View view = storage.lookupState(scan, i);
      if (view.buffer->extent != Extent::Chunk)
        continue;
      if (view.buffer->use == Use::HandedOn)
        bases[view.buffer] = getCopy(*view.buffer, copy);
      if (!scan.getReverse())
        dnn::CopyOp::create(b, getBufferAtStep(view, lastSteps),
                            getBufferAtStep(view, constantIndex(0)), false,
                            false);
    }
}

//===----------------------------------------------------------------------===//
// The loop
//===----------------------------------------------------------------------===//

/// The first stage with a phase that adds to a sum's row.
int64_t FunctionLowering::findFirstStage(ChunkOp chunk, SumToOp sum) const {
  const Buffer *row = storage.lookupStepSum(sum).buffer;
  int64_t first = getStage(sum);
  chunk.walk([&](PhaseOp phase) {
    for (const auto &[result, place] : storage.getPhaseSums(phase))
      if (place.buffer == row)
        first = std::min(first, getStage(phase));
  });
  return first;
}

/// `turn` counts from the stage's first chunk.
void FunctionLowering::emitStage(ChunkOp chunk, Value turn, Value lastIndex) {
  llvm::DenseMap<const Buffer *, Value> outer = bases;
  Value before = b.createOrFold<arith::SubIOp>(turn, constantIndex(1));
  stage.copy = b.createOrFold<arith::RemUIOp>(turn, stage.copies);
  stage.copyBefore = b.createOrFold<arith::RemUIOp>(before, stage.copies);
  enterCopies(stage.copy);
  emitTurn(chunk, turn, lastIndex);
  bases = std::move(outer);
}

void FunctionLowering::emitStages(ChunkOp chunk, Value count, Value lastIndex,
                                  Value lastSteps) {
  auto costs = chunk->getAttrOfType<DenseI64ArrayAttr>(StagesAttrName);
  auto axis = static_cast<int32_t>(storage.getAxisIndex(chunk.getAxis()));
  int32_t loop = stages.empty() ? 0 : stages.back().loop + 1;
  Value threads = dnn::WaveOp::create(b, b.getIndexType(), plan, index);
  SmallVector<dnn::StageOp> marks;
  for (int64_t cost : costs.asArrayRef()) {
    marks.push_back(dnn::StageOp::create(b, b.getIndexType(), b.getI1Type(),
                                         stages.size(), plan, index));
    stages.push_back({cost, loop, axis});
  }
  stage.copies = threads;
  for (const auto &buffer : storage.getBuffers())
    if (buffer->use == Use::HandedOn)
      firstCopies.try_emplace(buffer.get(), bases.lookup(buffer.get()));

  Value turns = b.createOrFold<arith::AddIOp>(count, marks.back().getLag());
  dnn::BarrierOp::create(b, threads, plan);
  forEachTurn(turns, [&](Value turn) {
    for (auto [number, mark] : llvm::enumerate(marks)) {
      // Chunks before the first are large numbers without a sign.
      Value own = b.createOrFold<arith::SubIOp>(turn, mark.getLag());
      Value isThere =
          arith::CmpIOp::create(b, arith::CmpIPredicate::ult, own, count);
      Value isOn = arith::AndIOp::create(b, isThere, mark.getIsMine());
      auto branch = scf::IfOp::create(b, isOn, /*withElseRegion=*/false);
      branch->setAttr(dnn::StageAttrName, b.getI64IntegerAttr(mark.getStage()));
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(branch.thenBlock());
      stage.number = number;
      stage.index = mark.getStage();
      emitStage(chunk, own, lastIndex);
    }
    stage.number = stage.index = -1;
    dnn::BarrierOp::create(b, threads, plan);
  });
  leaveStates(chunk, lastIndex, lastSteps);
}

//===----------------------------------------------------------------------===//
// What stages touch
//===----------------------------------------------------------------------===//

/// Follows who uses a buffer; a stage's own may have one user alone.
void FunctionLowering::noteUse(const Buffer &buffer) {
  bool isOfTime = buffer.extent == Extent::Sequence && !buffer.onlyChunk;
  if (buffer.use != Use::Common || isOfTime)
    timedPlaces.insert(getPlaces(buffer));
  if (stage.index < 0 || buffer.use != Use::Stage)
    return;
  auto [known, isNew] = users.try_emplace(&buffer, stage.index);
  if (!isNew && known->second != stage.index)
    mayWave = false;
}

bool FunctionLowering::areStagesApart(Operation *entry) {
  if (stages.empty())
    return true;
  SmallVector<int32_t> loops;
  for (const rnn_stage &stage : stages)
    loops.push_back(stage.loop);
  auto timed = [&](ArrayAttr places) { return timedPlaces.contains(places); };
  return rnnc::areStagesApart(entry, loops, timed, target.vectorBytes);
}
