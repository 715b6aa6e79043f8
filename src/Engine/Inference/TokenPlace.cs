namespace Platform.Engine.Inference;

/// <summary>Where a token of a batch stands.</summary>
/// <param name="Sequence">Index of its sequence in the batch.</param>
/// <param name="Slot">Place of its keys and values among the sequence's blocks.</param>
/// <param name="Position">Its rotary position.</param>
/// <param name="Seen">How many slots from the sequence's start it looks at. A token of a tree also sees <paramref name="Path"/>.</param>
/// <param name="Path">Slots of its ancestors in the tree and its own, from the prompt on; empty outside of trees.</param>
internal readonly record struct TokenPlace(int Sequence, int Slot, int Position, int Seen, int[] Path);
