"""Archives, unpacked step by step below one directory."""
